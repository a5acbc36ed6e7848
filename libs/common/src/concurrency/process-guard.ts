import type { Logger } from '../logging';

const FAILED = 1;

/** What a program does when something has gone wrong that nobody below could answer for. */
export class ProcessGuard {
  private uncaught = 0;

  /** @param program as people call it: the agent, the manager @param exit ends the process; replaced in tests */
  constructor(
    private readonly program: string,
    private readonly logger: Logger,
    private readonly exit: (code: number) => void = process.exit,
  ) {}

  /** Errors that got past every handler since the process began. */
  get uncaughtErrors(): number {
    return this.uncaught;
  }

  /**
   * The last line of defence: an error that got past every handler is logged with its stack, counted, and the process goes on.
   *
   * Node advises to end the process, since the work that threw may have left its objects half changed. Here that would let one packet
   * or request which finds a forgotten handler end the program again and again, and all others' sessions with it; and little would be
   * gained: what has to be consistent is in etcd, written in transactions, or on the host, made by passes that compare and repeat;
   * and whatever has to go on for ever is a loop under `mustRun`, whose end does end the process. So what is half changed belongs to
   * one connection or request. The counter is there to raise an alarm: each count is a fault of the program.
   */
  watch(): void {
    for (const origin of ['uncaughtException', 'unhandledRejection'] as const)
      process.on(origin, (error: unknown) => this.survive(error, origin));
  }

  /** Logs an error that nobody caught, and counts it. */
  survive(error: unknown, origin: string): void {
    this.uncaught++;
    this.logger.error({ err: error, origin }, 'an error got past every handler; this is a fault of the program');
  }

  /** Ends the process: its supervisor starts it again. */
  readonly die = (error: unknown): void => {
    this.logger.fatal({ err: error }, `${this.program} cannot go on`);
    this.exit(FAILED);
  };

  /**
   * Takes charge of a loop without which the program would be there and not do its work. Once it ends, by return or by throw, while
   * its signal has not aborted, the process ends too, and its supervisor starts it again.
   */
  mustRun(loop: string, signal: AbortSignal, running: Promise<unknown>): void {
    const end = (cause: unknown): void => {
      if (signal.aborted) return;
      this.logger.fatal({ err: cause, loop }, `${this.program} ends: a loop that has to run for ever has ended`);
      this.exit(FAILED);
    };
    running.then(() => end(new Error('the loop returned')), end);
  }
}
