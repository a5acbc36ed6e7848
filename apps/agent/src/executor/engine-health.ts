import { isCode, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { ObservedValue } from '../observed-value';
import { WakeSignal } from '../worker/wake-signal';
import type { Executor } from './executor';

const DEFAULT_PERIOD_MS = 1_000;
/** Whatever a manager asks for, the engine is neither kept busy with this nor out of sight for long. */
const PERIOD_MS = { least: 250, most: 5_000 };
/** While the engine is away: short, so that its return is noticed well within two seconds. */
const AWAY_PERIOD_MS = 250;

/** Knows whether the engine answers: asks it regularly, and at once when somebody else had trouble with it. */
export class EngineHealth {
  /** What is wrong with the engine, for people; '' when it answers. */
  readonly error = new ObservedValue('the engine has not answered yet');
  private readonly doubt = new WakeSignal();
  private periodMs = DEFAULT_PERIOD_MS;

  constructor(
    private readonly executor: Executor,
    private readonly logger: Logger,
  ) {}

  /** How often to ask, in milliseconds: about as often as the manager wants to hear. */
  setPeriod(periodMs: number): void {
    this.periodMs = Math.min(Math.max(periodMs, PERIOD_MS.least), PERIOD_MS.most);
  }

  /** A call or the event stream had trouble: find out now, unless it is known already. */
  suspect(): void {
    if (this.error.value === '') this.doubt.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.doubt.wake(), { once: true });
    while (!signal.aborted) {
      this.settle(await this.ask());
      await this.doubt.wait(this.error.value === '' ? this.periodMs : AWAY_PERIOD_MS);
    }
  }

  private async ask(): Promise<string> {
    const error = await this.ping();
    // One late answer may be a busy machine's; a second in a row is the engine's. A refused connection needs no second opinion.
    const trouble = isCode(error, 'DEADLINE_EXCEEDED') && this.error.value === '' ? await this.ping() : error;
    return trouble === undefined ? '' : messageOf(trouble);
  }

  private async ping(): Promise<unknown> {
    try {
      await this.executor.ping();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  private settle(error: string): void {
    if (error !== '' && this.error.value === '') this.logger.warn({ reason: error }, 'the engine does not answer');
    if (error === '' && this.error.value !== '') this.logger.info('the engine answers');
    this.error.set(error);
  }
}
