import { Readable } from 'node:stream';
import type { Clock, Input, Screen, Session } from '../session';

/** A screen that keeps what is written to it. */
export class TestScreen implements Screen {
  text = '';

  constructor(
    readonly isTerminal = false,
    private readonly width = 80,
  ) {}

  columns(): number {
    return this.width;
  }

  write(text: string): void {
    this.text += text;
  }

  writeBytes(bytes: Buffer): Promise<void> {
    this.text += bytes.toString();
    return Promise.resolve();
  }
}

/** Time that only passes where somebody pauses: then at once. */
export class TestClock implements Clock {
  private passedMs = 0;

  /** `onPause` is called after each pause, with the time that has passed since the start. */
  constructor(
    private readonly startMs = Date.parse('2026-01-01T00:00:00Z'),
    private readonly onPause: (passedMs: number) => void = () => undefined,
  ) {}

  monotonicMs(): number {
    return this.passedMs;
  }

  wallMs(): number {
    return this.startMs + this.passedMs;
  }

  async pause(ms: number): Promise<void> {
    this.passedMs += ms;
    this.onPause(this.passedMs);
  }
}

/** What is piped in. */
export function pipedInput(text: string): Input {
  return {
    isTerminal: false,
    stream: Readable.from([Buffer.from(text)]),
    setRaw: () => undefined,
    size: () => ({ rows: 24, columns: 80 }),
    onResize: () => () => undefined,
  };
}

/** A session whose parts can be looked at. */
export interface TestSession extends Session {
  readonly stdout: TestScreen;
  readonly stderr: TestScreen;
  /** Presses Ctrl-C. */
  interrupt(): void;
}

/** A session without a terminal, with an empty environment, in which time passes by pauses only. */
export function newTestSession(
  parts: Partial<Pick<TestSession, 'stdin' | 'stdout' | 'stderr' | 'env' | 'cwd' | 'clock'>> = {},
): TestSession {
  let onInterrupt: (() => void) | undefined;
  return {
    stdout: new TestScreen(),
    stderr: new TestScreen(),
    stdin: pipedInput(''),
    env: {},
    cwd: '/',
    clock: new TestClock(),
    ...parts,
    interrupt: () => onInterrupt?.(),
    onInterrupt: (handler) => {
      onInterrupt = handler;
      return () => {
        onInterrupt = undefined;
      };
    },
  };
}
