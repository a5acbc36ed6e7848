import type { Screen } from '../session';
import type { Colors } from './colors';
import { renderDrain, renderLiveDrain, renderTaskLeft, type DrainView } from './drain';
import { LiveLines } from './live-lines';

/** Shows how a drain gets on. */
export interface DrainDisplay {
  show(view: DrainView): void;
}

/** For a terminal. */
export class LiveDrainDisplay implements DrainDisplay {
  private readonly lines: LiveLines;

  constructor(
    screen: Screen,
    private readonly colors: Colors,
  ) {
    this.lines = new LiveLines(screen);
  }

  show(view: DrainView): void {
    this.lines.show(renderLiveDrain(view, this.lines.columns, this.colors));
  }
}

/** For a file or a pipe: a line for each thing that has changed. */
export class LineDrainDisplay implements DrainDisplay {
  private readonly said = new Map<string, string>();

  constructor(private readonly screen: Screen) {}

  show(view: DrainView): void {
    // That nothing is left is said by the line that ends the wait.
    if (view.progress.left.length > 0) this.say('', renderDrain(view));
    for (const task of view.progress.left) this.say(task.name, renderTaskLeft({ ...task, sinceMs: 0 }));
  }

  private say(about: string, line: string): void {
    if (this.said.get(about) !== line) this.screen.write(`${line}\n`);
    this.said.set(about, line);
  }
}
