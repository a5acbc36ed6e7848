import { delay } from '#common/concurrency';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { EngineHealth } from '../executor/engine-health';
import type { Executor } from '../executor/executor';
import { WakeSignal } from './wake-signal';
import type { Worker } from './worker';

const RECONNECT_MS = 200;
const RETRY_MS = 500;
/** Events are not lost while the stream holds; this is for the engine, or something in front of it, that breaks its word. */
const COMPARE_PERIOD_MS = 60_000;

/** Carries the engine's events to the worker, and lets it compare everything whenever some may have been missed. */
export class EngineWatch {
  private readonly doubt = new WakeSignal();

  constructor(
    private readonly executor: Executor,
    private readonly health: EngineHealth,
    private readonly worker: Worker,
    private readonly logger: Logger,
  ) {}

  /** Compares everything with the engine as soon as it answers. */
  compareNow(): void {
    this.doubt.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.doubt.wake(), { once: true });
    await Promise.all([this.follow(signal), this.compare(signal)]);
  }

  private async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.followOnce(signal);
      } catch (error) {
        this.logger.debug({ reason: messageOf(error) }, 'the event stream ended');
        this.health.suspect();
      }
      await delay(RECONNECT_MS, signal);
    }
  }

  private async followOnce(signal: AbortSignal): Promise<void> {
    for await (const event of this.executor.watch(signal)) {
      if (event.kind === 'listening') this.compareNow();
      else this.worker.hear(event);
    }
  }

  private async compare(signal: AbortSignal): Promise<void> {
    let waitMs = COMPARE_PERIOD_MS;
    while (!signal.aborted) {
      await this.doubt.wait(waitMs);
      waitMs = !signal.aborted && (await this.compareOnce()) ? COMPARE_PERIOD_MS : RETRY_MS;
    }
  }

  private async compareOnce(): Promise<boolean> {
    try {
      await this.worker.compareWithEngine();
      return true;
    } catch (error) {
      this.logger.debug({ reason: messageOf(error) }, 'the comparison with the engine failed');
      return false;
    }
  }
}
