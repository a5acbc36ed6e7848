import type { Screen } from '../session';
import type { PlaceProgress } from '../progress/decide-progress';
import type { Colors } from './colors';
import { LiveLines } from './live-lines';
import { renderLive, renderOverall, renderPlace, type ProgressView } from './progress';

/** Shows how a service gets on. */
export interface ProgressDisplay {
  show(view: ProgressView): void;
}

/** For a terminal: the same lines again and again in the same place. */
export class LiveDisplay implements ProgressDisplay {
  private readonly lines: LiveLines;

  constructor(
    screen: Screen,
    private readonly colors: Colors,
  ) {
    this.lines = new LiveLines(screen);
  }

  show(view: ProgressView): void {
    this.lines.show(renderLive(view, this.lines.columns, this.colors));
  }
}

/** For a file or a pipe: a line for each thing that has changed. */
export class LineDisplay implements ProgressDisplay {
  private overall = '';
  private readonly reasons = new Map<string, string>();

  constructor(private readonly screen: Screen) {}

  show(view: ProgressView): void {
    // How it ended is said in a line of its own.
    if (view.step.kind === 'wait') this.showOverall(view, view.step.stableInMs !== undefined);
    for (const place of view.progress.places) this.showReason(view.service, place);
  }

  private showOverall(view: ProgressView, isStable: boolean): void {
    // The seconds that are left until the service counts as stable are for terminals.
    const overall = renderOverall({ ...view, step: { kind: 'wait' } }) + (isStable ? ', making sure that it stays so' : '');
    if (overall !== this.overall) this.write(overall);
    this.overall = overall;
  }

  private showReason(service: string, place: PlaceProgress): void {
    if (place.reason === '' || place.reason === this.reasons.get(place.place)) return;
    this.write(renderPlace(service, { ...place, sinceMs: 0 }));
    this.reasons.set(place.place, place.reason);
  }

  private write(line: string): void {
    this.screen.write(`${line}\n`);
  }
}

/** For `--quiet`. */
export class NoDisplay implements ProgressDisplay {
  show(): void {}
}
