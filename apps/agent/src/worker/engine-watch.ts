import { delay } from '#common/concurrency';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { EngineHealth } from '../executor/engine-health';
import type { Executor } from '../executor/executor';
import type { Worker } from './worker';

const RECONNECT_MS = 100;
/** Events are not lost while the stream holds; this is for the engine, or something in front of it, that breaks its word. */
const RESYNC_PERIOD_MS = 60_000;

/** Carries the engine's events to the worker, and lets it compare everything whenever some may have been missed. */
export class EngineWatch {
  constructor(
    private readonly executor: Executor,
    private readonly health: EngineHealth,
    private readonly worker: Worker,
    private readonly logger: Logger,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.follow(signal), this.compareNowAndThen(signal)]);
  }

  private async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.followOnce(signal);
      } catch (error) {
        this.logger.debug({ reason: messageOf(error) }, 'event stream ended');
        this.health.suspect();
      }
      await delay(RECONNECT_MS, signal);
    }
  }

  private async followOnce(signal: AbortSignal): Promise<void> {
    for await (const event of this.executor.watch(signal)) {
      if (event.kind !== 'listening') this.worker.hear(event);
      else await this.worker.resync();
    }
  }

  private async compareNowAndThen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(RESYNC_PERIOD_MS, signal);
      if (!signal.aborted && this.health.error.value === '') await this.resync();
    }
  }

  private async resync(): Promise<void> {
    try {
      await this.worker.resync();
    } catch (error) {
      this.logger.debug({ reason: messageOf(error) }, 'comparison with the engine failed');
    }
  }
}
