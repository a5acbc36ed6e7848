import { encryptedAddressOf } from '#common/domain';
import type { Hello } from '#common/dispatcher-proto';
import { DomainError, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { ClusterStore } from '#common/store';
import { lostTo, ownersOf, rivalOf, toClaim, type AddressClaim } from './address-owner';
import type { AgentSession } from './agent-session';
import type { Arrival } from './node-record';
import type { NodeRecorder } from './node-recorder';

/** One address, one node: of two that claim one, the other is told, and recorded as down with the reason. */
export class AddressKeeper {
  constructor(
    private readonly store: ClusterStore,
    private readonly recorder: NodeRecorder,
    private readonly logger: Logger,
  ) {}

  /** @throws DomainError FAILED_PRECONDITION another node that answers has its address, or its address on encrypted networks */
  requireAddress({ nodeId, advertiseAddress, description }: Hello, arrival: Arrival): void {
    const { view } = this.store;
    const known = view.node(nodeId);
    const claim = {
      id: nodeId,
      hostname: description?.hostname ?? '',
      address: advertiseAddress || arrival.address,
      createdAt: known?.createdAt || new Date().toISOString(),
      isProven: arrival.callsFromItsAddress,
      isReady: true,
    };
    const rival = rivalOf(claim, ownersOf(this.claims().filter(({ id }) => id !== nodeId)));
    if (rival) throw this.superseded(nodeId, rival);
    if (known) return;
    const tunnelled = encryptedAddressOf(nodeId);
    const twin = view.nodes().find(({ id }) => encryptedAddressOf(id) === tunnelled);
    if (twin) throw new DomainError('FAILED_PRECONDITION', `hello.nodeId: node ${twin.id} has its address on encrypted networks`);
  }

  /** Nodes whose address another node has by now are down, and the sessions of those that are still there end. */
  endSuperseded(sessionOf: (nodeId: string) => AgentSession | undefined): void {
    const claims = this.claims();
    const owners = ownersOf(claims);
    for (const claim of claims) {
      const rival = claim.isReady ? rivalOf(claim, owners) : undefined;
      if (rival) {
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

  private claims(): AddressClaim[] {
    const { view } = this.store;
    return view.nodes().map((node) => toClaim(node, view.observedNode(node.id)?.observed));
  }
}
