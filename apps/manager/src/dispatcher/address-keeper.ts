import { encryptedAddressOf } from '#common/domain';
import type { Hello } from '#common/dispatcher-proto';
import { DomainError, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { NodeDescription } from '#common/proto';
import type { ClusterStore, ViewChange } from '#common/store';
import { lostTo, ownersOf, rivalOf, toClaim, type AddressClaim } from './address-owner';
import type { AgentSession } from './agent-session';
import { NodeIndex } from './node-index';
import type { Arrival } from './node-record';
import type { NodeRecorder } from './node-recorder';

/**
 * One address, one node: of two that claim one, the other is told, and recorded as down with the reason. A key of WireGuard is the first
 * one's.
 */
export class AddressKeeper {
  private readonly index: NodeIndex;

  constructor(
    private readonly store: ClusterStore,
    private readonly recorder: NodeRecorder,
    private readonly logger: Logger,
  ) {
    this.index = new NodeIndex(store.view);
  }

  /** Takes in what has changed in the view, each change once; at first `everything`. @returns the addresses that it is about */
  follow(changes: readonly ViewChange[]): ReadonlySet<string> {
    return this.index.follow(changes);
  }

  /** @throws DomainError FAILED_PRECONDITION another node that answers has its address, or its address on encrypted networks */
  requireAddress({ nodeId, advertiseAddress, description }: Hello, arrival: Arrival): void {
    const known = this.store.view.node(nodeId);
    const address = advertiseAddress || arrival.address;
    const claim = {
      id: nodeId,
      hostname: description?.hostname ?? '',
      address,
      createdAt: known?.createdAt || new Date().toISOString(),
      isProven: arrival.callsFromItsAddress,
      isReady: true,
    };
    const others = this.claimsTo(address).filter(({ id }) => id !== nodeId);
    const rival = rivalOf(claim, ownersOf(others));
    if (rival) throw this.superseded(nodeId, rival);
    if (known) return;
    const [twin] = this.index.tunnelled.of(encryptedAddressOf(nodeId));
    if (twin !== undefined)
      throw new DomainError('FAILED_PRECONDITION', `hello.nodeId: node ${twin} has its address on encrypted networks`);
  }

  /**
   * Another's key would take that node off encrypted networks. Of a node with the same address this one takes the place: the host was set
   * up anew, and has its keys still.
   * @param address where other nodes reach this one, as requireAddress has let it
   * @throws DomainError FAILED_PRECONDITION naming the field
   */
  requireKeys(nodeId: string, address: string, { networking }: NodeDescription): void {
    const { wireguardKey = '', nextWireguardKey = '' } = networking ?? {};
    const predecessors = this.index.addresses.of(address);
    for (const [field, key] of Object.entries({ wireguardKey, nextWireguardKey })) {
      const holder = this.index.keys.of(key).find((id) => id !== nodeId && !predecessors.includes(id));
      if (holder === undefined) continue;
      const advice = "remove wireguard-keys in the agent's data directory for new ones, or that node if it is no more (node rm)";
      throw new DomainError('FAILED_PRECONDITION', `description.networking.${field}: it is a key of node ${holder}; ${advice}`);
    }
  }

  /** Nodes whose address, of these, another node has by now are down, and the sessions of those that are still there end. */
  endSuperseded(addresses: Iterable<string>, sessionOf: (nodeId: string) => AgentSession | undefined): void {
    for (const address of addresses) {
      const claims = this.claimsTo(address);
      const owners = ownersOf(claims);
      for (const claim of claims) {
        const rival = claim.isReady ? rivalOf(claim, owners) : undefined;
        if (!rival) continue;
        const error = this.superseded(claim.id, rival);
        sessionOf(claim.id)?.fail(error);
      }
    }
  }

  private superseded(nodeId: string, rival: AddressClaim): DomainError {
    const reason = lostTo(rival);
    this.recorder.superseded(nodeId, reason).catch((error: unknown) => {
      this.logger.warn({ nodeId, reason: messageOf(error) }, 'could not record that another node has the address');
    });
    return new DomainError('FAILED_PRECONDITION', reason);
  }

  private claimsTo(address: string): AddressClaim[] {
    const { view } = this.store;
    return this.index.addresses.of(address).flatMap((id) => {
      const node = view.node(id);
      return node ? [toClaim(node, view.observedNode(id)?.observed)] : [];
    });
  }
}
