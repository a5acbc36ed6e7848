import { delay } from '#common/concurrency';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { EtcdStore } from '#common/store';

/** Members of etcd come and go by people's hands. */
const REFRESH_MS = 30_000;

/** Where the control plane is, as far as this manager knows: containers may not go there. */
export class ControlPlane {
  private members: readonly string[] = [];

  /** @param own `host:port` of what this manager itself listens on and is told of */
  constructor(
    private readonly etcd: EtcdStore,
    private readonly own: readonly string[],
    private readonly logger: Logger,
  ) {}

  /** `host:port` each. */
  get addresses(): readonly string[] {
    return [...this.own, ...this.members];
  }

  /** Asks etcd for its members; what was known stays when it does not answer. */
  async refresh(): Promise<void> {
    try {
      this.members = await this.etcd.memberAddresses();
    } catch (error) {
      this.logger.debug({ reason: messageOf(error) }, "etcd's members are not known");
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(REFRESH_MS, signal);
      if (!signal.aborted) await this.refresh();
    }
  }
}
