import { delay } from '#common/concurrency';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { EtcdStore } from '#common/store';

/** How its parts are found and told of. */
export interface ControlPlaneParts {
  readonly etcd: Pick<EtcdStore, 'memberAddresses'>;
  /** `host:port` of what this manager itself listens on and is told of. */
  readonly own: readonly string[];
  /** Hears of it when the addresses are others. */
  readonly changed: () => void;
  readonly logger: Logger;
}

/** Members of etcd come and go by people's hands. */
const REFRESH_MS = 30_000;

/** Where the control plane is, as far as this manager knows: containers may not go there. */
export class ControlPlane {
  private members: readonly string[] = [];

  constructor(private readonly parts: ControlPlaneParts) {}

  /** `host:port` each. */
  get addresses(): readonly string[] {
    return [...this.parts.own, ...this.members];
  }

  /** Asks etcd for its members; what was known stays when it does not answer. */
  async refresh(): Promise<void> {
    const { etcd, changed, logger } = this.parts;
    const before = this.members;
    try {
      this.members = await etcd.memberAddresses();
      if (this.members.join() !== before.join()) changed();
    } catch (error) {
      logger.debug({ reason: messageOf(error) }, "etcd's members are not known, or nobody could be told of them");
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(REFRESH_MS, signal);
      if (!signal.aborted) await this.refresh();
    }
  }
}
