import { NodeState } from '#common/domain';
import type { Node, ObservedNode } from '#common/proto';

/** What a node says of where it is. */
export interface AddressClaim {
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  /** ISO time of the node's first hello. */
  readonly createdAt: string;
  /** Whether its agent calls from the address, and a manager answers it. */
  readonly isProven: boolean;
  readonly isReady: boolean;
}

/** Every host has these, so they are nobody's in particular. */
const EVERYBODYS = /^(127\.|::1$)/;

export function toClaim({ id, createdAt, description, status }: Node, observed: ObservedNode | undefined): AddressClaim {
  return {
    id,
    createdAt,
    hostname: description?.hostname ?? '',
    address: status?.addr ?? '',
    isProven: observed?.callsFromItsAddress ?? false,
    isReady: status?.state === NodeState.ready,
  };
}

/** Whether an address can be only one node's. */
export function isOneNodes(address: string): boolean {
  return address !== '' && !EVERYBODYS.test(address);
}

/**
 * Which of two nodes with one address has it: one that answers before one that does not, then one that calls from there before one that
 * only says so, then the newer one, which a host that was set up anew is beside its own old record.
 */
function outranks(one: AddressClaim, other: AddressClaim): boolean {
  if (one.isReady !== other.isReady) return one.isReady;
  if (one.isProven !== other.isProven) return one.isProven;
  if (one.createdAt !== other.createdAt) return one.createdAt > other.createdAt;
  return one.id > other.id;
}

/** Who has each address that can be only one node's. */
export function ownersOf(claims: readonly AddressClaim[]): ReadonlyMap<string, AddressClaim> {
  const owners = new Map<string, AddressClaim>();
  for (const claim of claims) {
    if (!isOneNodes(claim.address)) continue;
    const owner = owners.get(claim.address);
    if (!owner || outranks(claim, owner)) owners.set(claim.address, claim);
  }
  return owners;
}

/** The node that answers at the claimed address in place of this one; undefined when this one has it. */
export function rivalOf(claim: AddressClaim, owners: ReadonlyMap<string, AddressClaim>): AddressClaim | undefined {
  const owner = owners.get(claim.address);
  return owner && owner.id !== claim.id && owner.isReady && outranks(owner, claim) ? owner : undefined;
}

/** Ids of the nodes that do not answer, and whose address another one has. Of two that answer one is about to be told. */
export function withoutAddress(claims: readonly AddressClaim[]): ReadonlySet<string> {
  const owners = ownersOf(claims);
  const others = claims.filter(({ id, address, isReady }) => !isReady && (owners.get(address)?.id ?? id) !== id);
  return new Set(others.map(({ id }) => id));
}

/** For the node that lost it, and whoever looks after it. */
export function lostTo({ id, hostname, address }: AddressClaim): string {
  return (
    `its address ${address} is that of node ${id} (${hostname}), which answers there: give one of them another (--advertise-addr), ` +
    'or remove the one that is no more (node rm)'
  );
}
