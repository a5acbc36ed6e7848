import { EXIT, type ExitCode } from '../exit-codes';
import type { Colors } from '../render/colors';
import { LiveLines } from '../render/live-lines';
import { plainText } from '../render/plain-text';
import { cut, renderOverall, renderPlace, type ProgressView } from '../render/progress';
import { LineDisplay } from '../render/progress-display';
import { writeLine, type Screen } from '../session';

/** A service of a stack as it is shown. */
export interface ServiceLine {
  readonly name: string;
  readonly view?: ProgressView;
  /** Why it is not deployed yet. */
  readonly waitsFor?: string;
  /** How it ended. */
  readonly code?: ExitCode;
}

/** Shows how the services of a stack get on. */
export interface StackDisplay {
  show(services: readonly ServiceLine[]): void;
  /** How a service ended. */
  end(line: string, isGood: boolean): void;
  /** Something about the waiting itself. */
  note(text: string): void;
  /** Nothing more is shown. */
  finish(): void;
}

function overall({ name, view, waitsFor }: ServiceLine): string {
  if (waitsFor !== undefined) return plainText(`${name}: waits for ${waitsFor}`);
  return view ? renderOverall(view) : plainText(`${name}: is being deployed`);
}

/** For a terminal: a line for each service, and below it what is wrong. */
export class LiveStackDisplay implements StackDisplay {
  private readonly lines: LiveLines;
  private said = '';
  private readonly failures: string[] = [];

  constructor(
    private readonly screen: Screen,
    private readonly colors: Colors,
  ) {
    this.lines = new LiveLines(screen);
  }

  show(services: readonly ServiceLine[]): void {
    const { columns } = this.lines;
    const lines = services.flatMap((service) => {
      const line = this.paint(service, cut(overall(service), columns));
      const places = service.view && service.code === undefined ? service.view.progress.places : [];
      const complaints = places.filter(({ reason }) => reason !== '').slice(0, 1);
      return [line, ...complaints.map((place) => this.colors.yellow(cut(`  ${renderPlace(service.name, place)}`, columns)))];
    });
    const note = this.said === '' ? [] : [`(${this.said})`];
    this.lines.show([...lines, ...note.map((text) => cut(text, columns))]);
    this.said = '';
  }

  end(line: string, isGood: boolean): void {
    // That a service runs is in its line already; what went wrong is said in full when nothing moves any more.
    if (!isGood) this.failures.push(plainText(line));
  }

  note(text: string): void {
    this.said = text;
  }

  finish(): void {
    for (const line of this.failures) writeLine(this.screen, line);
  }

  private paint({ code }: ServiceLine, line: string): string {
    if (code === undefined) return line;
    return code === EXIT.ok ? this.colors.green(line) : this.colors.yellow(line);
  }
}

/** For a file or a pipe: a line for each thing that has changed. */
export class LineStackDisplay implements StackDisplay {
  private readonly displays = new Map<string, LineDisplay>();
  private readonly waits = new Map<string, string>();
  private noted = '';

  constructor(private readonly screen: Screen) {}

  show(services: readonly ServiceLine[]): void {
    this.noted = '';
    for (const service of services) {
      const { name, view, waitsFor, code } = service;
      if (waitsFor !== undefined && this.waits.get(name) !== waitsFor) writeLine(this.screen, overall(service));
      this.waits.set(name, waitsFor ?? '');
      if (view && code === undefined) this.displayOf(name).show(view);
    }
  }

  end(line: string): void {
    writeLine(this.screen, line);
  }

  note(text: string): void {
    if (this.noted !== text) writeLine(this.screen, text);
    this.noted = text;
  }

  finish(): void {}

  private displayOf(name: string): LineDisplay {
    const display = this.displays.get(name) ?? new LineDisplay(this.screen);
    this.displays.set(name, display);
    return display;
  }
}

/** For `--quiet`: only what went wrong. */
export class QuietStackDisplay implements StackDisplay {
  constructor(private readonly screen: Screen) {}

  show(): void {}

  end(line: string, isGood: boolean): void {
    if (!isGood) writeLine(this.screen, line);
  }

  note(): void {}

  finish(): void {}
}
