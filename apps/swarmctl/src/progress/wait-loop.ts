import { isCode } from '#common/errors';
import { EXIT, type ExitCode } from '../exit-codes';
import { writeLine, type Session } from '../session';

// Docker's own pace: quick enough to look live, and the manager answers from memory.
const POLL_INTERVAL_MS = 200;

// A manager that restarts, or one that takes over, is back well before this.
const MAX_SILENCE_MS = 30_000;

/** Something to wait for. */
export interface Awaited<S> {
  /** Reads what is to be judged. */
  read(): Promise<S>;
  /** The exit code when there is nothing more to wait for. */
  judge(seen: S): ExitCode | undefined | Promise<ExitCode | undefined>;
  /** The manager does not answer for the moment. */
  showSilence(): void;
  /** What to say when the wait is given up, for `why`; what is waited for goes on. */
  farewell(why: string): string;
}

/** One wait from its first look to its last. */
class Wait<S> {
  private readonly startedMs: number;
  private lastAnswerMs: number;

  constructor(
    private readonly session: Session,
    private readonly awaited: Awaited<S>,
    private readonly timeoutMs: number | undefined,
    private readonly interrupted: AbortSignal,
  ) {
    this.startedMs = session.clock.monotonicMs();
    this.lastAnswerMs = this.startedMs;
  }

  async run(): Promise<ExitCode> {
    const { interrupted } = this;
    const { clock } = this.session;
    const whenInterrupted = new Promise<void>((resolve) => {
      interrupted.addEventListener('abort', () => resolve(), { once: true });
    });
    for (;;) {
      const lookedAtMs = clock.monotonicMs();
      const code = await Promise.race([this.look(), whenInterrupted]);
      if (interrupted.aborted) return this.giveUp('interrupted', EXIT.interrupted);
      if (code !== undefined) return code;
      if (this.isLate()) return this.giveUp('gave up waiting (--timeout)', EXIT.timeout);
      // What is so large that a look takes long is not looked at all the time.
      await clock.pause(Math.max(POLL_INTERVAL_MS, clock.monotonicMs() - lookedAtMs), interrupted);
    }
  }

  private async look(): Promise<ExitCode | undefined> {
    const seen = await this.tryToRead();
    return seen === undefined || this.interrupted.aborted ? undefined : this.awaited.judge(seen);
  }

  /** A manager that is away for a moment does not end the wait. */
  private async tryToRead(): Promise<S | undefined> {
    const { clock } = this.session;
    try {
      const seen = await this.awaited.read();
      this.lastAnswerMs = clock.monotonicMs();
      return seen;
    } catch (error) {
      // The connection is closed while the last look is on its way.
      if (this.interrupted.aborted) return undefined;
      const mayComeBack = isCode(error, 'UNAVAILABLE') && clock.monotonicMs() - this.lastAnswerMs < MAX_SILENCE_MS;
      if (!mayComeBack) throw error;
      this.awaited.showSilence();
      return undefined;
    }
  }

  private isLate(): boolean {
    return this.timeoutMs !== undefined && this.session.clock.monotonicMs() - this.startedMs >= this.timeoutMs;
  }

  private giveUp(why: string, code: ExitCode): ExitCode {
    writeLine(this.session.stderr, this.awaited.farewell(why));
    return code;
  }
}

/**
 * Looks again and again until there is nothing more to wait for, Ctrl-C is pressed, or `timeoutMs` have passed.
 * @throws DomainError as `read` throws it; UNAVAILABLE only when the manager stays away
 */
export async function waitUntilOver<S>(session: Session, awaited: Awaited<S>, timeoutMs?: number): Promise<ExitCode> {
  const interruption = new AbortController();
  const stopListening = session.onInterrupt(() => interruption.abort());
  try {
    return await new Wait(session, awaited, timeoutMs, interruption.signal).run();
  } finally {
    stopListening();
  }
}
