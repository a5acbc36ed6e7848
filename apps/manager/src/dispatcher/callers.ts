import { monotonicMs } from '#common/concurrency';
import type { Logger } from '#common/logging';
import type { ClusterStore } from '#common/store';
import { peerAddress, type AllowedPeers } from './allowed-peers';

/** How often refusals are logged: one line stands for what may be thousands of connections. */
const REFUSAL_PERIOD_MS = 10_000;

/** Whose connections the dispatcher's server takes. */
export class Callers {
  private quietUntil = 0;

  constructor(
    private readonly parts: {
      readonly peers: AllowedPeers;
      readonly ownAddress: string;
      readonly store: ClusterStore;
      readonly logger: Logger;
    },
  ) {}

  /** Agents of the listed networks, this host, and other managers, which may call for a relay from wherever they are. */
  allows(address: string): boolean {
    const { peers, ownAddress, store } = this.parts;
    if (peers.allows(address) || address === ownAddress) return true;
    return store.view.managers().some(({ agentAddress }) => peerAddress(agentAddress) === address);
  }

  refused(address: string, reason: string): void {
    const now = monotonicMs();
    if (now < this.quietUntil) return;
    this.quietUntil = now + REFUSAL_PERIOD_MS;
    this.parts.logger.warn({ address, reason }, 'a connection of an agent or manager was refused');
  }
}
