import type { Screen } from '../session';
import type { PlaceProgress } from '../progress/decide-progress';
import type { Colors } from './colors';
import { renderLive, renderOverall, renderPlace, type ProgressView } from './progress';

/** Shows how a service gets on. */
export interface ProgressDisplay {
  show(view: ProgressView): void;
}

const CLEAR_LINE = '\u001b[2K';
const toLineAbove = (count: number): string => (count === 0 ? '' : `\u001b[${count}A`);

/** For a terminal: the same lines again and again in the same place. */
export class LiveDisplay implements ProgressDisplay {
  private shown: readonly string[] = [];

  constructor(
    private readonly screen: Screen,
    private readonly colors: Colors,
  ) {}

  show(view: ProgressView): void {
    // One column stays free: a line that fills the last one makes some terminals wrap.
    const lines = renderLive(view, this.screen.columns() - 1, this.colors);
    if (lines.join('\n') === this.shown.join('\n')) return;
    // Lines of the last picture that the new one does not need are emptied, and stay there until it grows again.
    const spare = Math.max(0, this.shown.length - lines.length);
    const picture = [...lines, ...Array<string>(spare).fill('')];
    this.screen.write(toLineAbove(this.shown.length) + picture.map((line) => `${CLEAR_LINE}${line}\n`).join(''));
    this.shown = picture;
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
