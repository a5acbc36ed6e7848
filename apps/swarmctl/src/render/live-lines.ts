import type { Screen } from '../session';

const CLEAR_LINE = '\u001b[2K';
const toLineAbove = (count: number): string => (count === 0 ? '' : `\u001b[${count}A`);

/** The same lines of a terminal, written again whenever they have changed. */
export class LiveLines {
  private shown: readonly string[] = [];

  constructor(private readonly screen: Screen) {}

  /** Columns that a line may have. One stays free: a line that fills the last one makes some terminals wrap. */
  get columns(): number {
    return this.screen.columns() - 1;
  }

  show(lines: readonly string[]): void {
    if (lines.join('\n') === this.shown.join('\n')) return;
    // Lines of the last picture that the new one does not need are emptied, and stay there until it grows again.
    const spare = Math.max(0, this.shown.length - lines.length);
    const picture = [...lines, ...Array<string>(spare).fill('')];
    this.screen.write(toLineAbove(this.shown.length) + picture.map((line) => `${CLEAR_LINE}${line}\n`).join(''));
    this.shown = picture;
  }
}
