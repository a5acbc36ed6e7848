/** One of the two places that a command writes to. */
export interface Screen {
  readonly isTerminal: boolean;
  /** Width of the terminal; a usual one when it is unknown. */
  columns(): number;
  write(text: string): void;
  /** Bytes as they are; resolves when there is room for more. */
  writeBytes(bytes: Buffer): Promise<void>;
}

/** What a person types, or what is piped in. */
export interface Input {
  readonly isTerminal: boolean;
  readonly stream: NodeJS.ReadableStream;
  /** Keys come one by one and unseen, Ctrl-C among them, until it is turned off again. Only on a terminal. */
  setRaw(isRaw: boolean): void;
  /** Of the terminal, in characters. */
  size(): { readonly rows: number; readonly columns: number };
  /** Calls `handler` whenever the terminal gets another size, until the returned function is called. */
  onResize(handler: () => void): () => void;
}

/** Time, so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds on a clock that no one sets: for time limits. */
  monotonicMs(): number;
  /** Milliseconds since 1970: to compare with times that the manager gives. */
  wallMs(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** Everything outside that a command may touch, beside the manager. */
export interface Session {
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly stdin: Input;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working folder: paths on the command line are relative to it. */
  readonly cwd: string;
  readonly clock: Clock;
  /** Calls `handler` for the next Ctrl-C instead of ending the program, until the returned function is called. */
  onInterrupt(handler: () => void): () => void;
}

/** Writes one line. */
export function writeLine(screen: Screen, line: string): void {
  screen.write(`${line}\n`);
}
