import { delay, supervise } from '#common/concurrency';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { NodeDescription } from '#common/proto';
import { ObservedValue } from '../observed-value';
import type { EngineHealth } from './engine-health';
import type { Executor } from './executor';

/** Memory, plugins and labels of a running engine hardly ever change; SwarmKit looks as often. */
const REFRESH_MS = 20_000;

/** Keeps the node's description fresh: now and then, and whenever the engine is back, maybe as another version. */
export class NodeDescriber {
  readonly description: ObservedValue<NodeDescription>;

  /** @param undescribed what to say before the engine has answered for the first time */
  constructor(
    private readonly executor: Executor,
    private readonly health: EngineHealth,
    undescribed: NodeDescription,
    private readonly logger: Logger,
  ) {
    this.description = new ObservedValue(undescribed);
  }

  async run(signal: AbortSignal): Promise<void> {
    const stopListening = this.health.error.onChange((error) => {
      if (error === '') supervise(this.logger, 'description of the node', this.refresh());
    });
    while (!signal.aborted) {
      await delay(REFRESH_MS, signal);
      if (!signal.aborted && this.health.error.value === '') await this.refresh();
    }
    stopListening();
  }

  /** Asks the engine. When it does not answer, the description stays as it is. */
  async refresh(): Promise<void> {
    try {
      const fresh = await this.executor.describe();
      if (JSON.stringify(fresh) !== JSON.stringify(this.description.value)) this.description.set(fresh);
    } catch (error) {
      this.logger.debug({ reason: messageOf(error) }, 'the engine was not described');
    }
  }
}
