import { randomBytes } from 'node:crypto';
import type { AgentMessage, Hello } from '#common/dispatcher-proto';
import { DomainError } from '#common/errors';
import { isSignedHello } from '#common/identity';

const NONCE_BYTES = 32;

/** A hello whose agent says that it has the node's key, until it has shown that. */
export class Greeting {
  readonly nonce = randomBytes(NONCE_BYTES);

  constructor(readonly hello: Hello) {}

  /** @throws DomainError PERMISSION_DENIED it does not have the key */
  check({ proof }: AgentMessage): void {
    const { nodeKey, nodeId } = this.hello;
    if (nodeKey && proof && isSignedHello(nodeKey, proof.signature, this.nonce, nodeId)) return;
    throw new DomainError('PERMISSION_DENIED', `the agent does not have the key of node ${nodeId} that it names`);
  }
}

/**
 * A node belongs to the first agent that came with a key for it.
 * @param known the key in the node's record, if there is one @param shown by this agent, which has the private part
 * @throws DomainError PERMISSION_DENIED it is another agent's
 */
export function requireSameAgent(nodeId: string, known: Uint8Array | undefined, shown: Uint8Array | undefined): void {
  if (!known || known.length === 0 || (shown && Buffer.from(known).equals(shown))) return;
  const advice = "restore node-key in the agent's data directory, or remove node-id there to join as a new node";
  throw new DomainError(
    'PERMISSION_DENIED',
    `node ${nodeId} is another agent's: its key is not the one that was recorded; ${advice}`,
  );
}

/**
 * An agent without a key shows nothing: it does not take the place of one that is connected from elsewhere.
 * @param session the node's, if there is one
 * @throws DomainError PERMISSION_DENIED
 */
export function requireNoOther(
  { nodeId, nodeKey }: Hello,
  address: string,
  session: { readonly address: string } | undefined,
): void {
  if (nodeKey || !session || session.address === address) return;
  throw new DomainError('PERMISSION_DENIED', `node ${nodeId} is connected from ${session.address}, and has no key to tell it by`);
}
