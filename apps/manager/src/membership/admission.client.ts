import { randomBytes } from 'node:crypto';
import { credentials, Metadata, status as GrpcStatus, type ServiceError } from '@grpc/grpc-js';
import { AdmissionClient, Ticket, type JoinReply, type LeaveReply } from '#common/dispatcher-proto';
import { DomainError, isCode, messageOf } from '#common/errors';
import { CHANNEL_OPTIONS } from '#common/grpc';
import { TICKET } from './admission.server';
import { answerVault, proofOf } from './join-proof';
import { parseJoinToken } from './join-token';
import { certificateDigest } from './root-ca';

const NONCE_BYTES = 32;
const TIMEOUT_MS = 5_000;
/** Where managers take agents, unless an address says otherwise. */
const DEFAULT_PORT = 2378;

/**
 * Asks managers in turn to be admitted to their cluster.
 * @param addresses host or host:port of each
 * @throws DomainError INVALID_ARGUMENT the token · UNAVAILABLE none of them answers · FAILED_PRECONDITION it is another cluster's token
 */
export async function askToJoin(addresses: readonly string[], token: string): Promise<Ticket> {
  const { digest, secret } = parseJoinToken(token);
  const nonce = randomBytes(NONCE_BYTES);
  const request = { nonce, proof: proofOf(secret, nonce) };
  const { rootCertificate, ticket } = await firstAnswer<JoinReply>(addresses, (client, done) =>
    client.join(request, new Metadata(), { deadline: Date.now() + TIMEOUT_MS }, done),
  );
  if (certificateDigest(rootCertificate) !== digest || !ticket)
    throw new DomainError('FAILED_PRECONDITION', `remote CA does not match fingerprint. Expected: ${digest}`);
  return Ticket.decode(answerVault(secret, nonce).unseal(ticket, TICKET));
}

/** Asks the manager that holds the node's stream to let the node go. @throws DomainError UNAVAILABLE none of them does */
export async function askToLeave(addresses: readonly string[], nodeId: string): Promise<void> {
  await firstAnswer<LeaveReply>(addresses, (client, done) =>
    client.leave({ nodeId }, new Metadata(), { deadline: Date.now() + TIMEOUT_MS }, done),
  );
}

type Done<T> = (error: ServiceError | null, reply: T) => void;
type Ask<T> = (client: AdmissionClient, done: Done<T>) => unknown;

async function firstAnswer<T>(addresses: readonly string[], ask: Ask<T>): Promise<T> {
  const reasons: string[] = [];
  for (const address of addresses) {
    try {
      return await answerOf(withPort(address), ask);
    } catch (error) {
      if (isRefusal(error)) throw error;
      reasons.push(`${address}: ${messageOf(error)}`);
    }
  }
  throw new DomainError('UNAVAILABLE', `no manager answers (${reasons.join('; ') || 'no address was given'})`);
}

/** Another manager would say the same. */
function isRefusal(error: unknown): boolean {
  return isCode(error, 'INVALID_ARGUMENT', 'FAILED_PRECONDITION');
}

function answerOf<T>(address: string, ask: Ask<T>): Promise<T> {
  const client = new AdmissionClient(address, credentials.createInsecure(), {
    ...CHANNEL_OPTIONS,
    'grpc.use_local_subchannel_pool': 1,
  });
  return new Promise<T>((resolve, reject) => {
    ask(client, (error, reply) => (error ? reject(toDomainError(error)) : resolve(reply)));
  }).finally(() => client.close());
}

function toDomainError(error: ServiceError): DomainError {
  const { code, details } = error;
  if (code === GrpcStatus.PERMISSION_DENIED)
    return new DomainError('INVALID_ARGUMENT', `rpc error: code = InvalidArgument desc = ${details}`, { cause: error });
  if (code === GrpcStatus.FAILED_PRECONDITION) return new DomainError('FAILED_PRECONDITION', details, { cause: error });
  return new DomainError('UNAVAILABLE', details || error.message, { cause: error });
}

function withPort(address: string): string {
  return /:\d+$/.test(address) ? address : `${address}:${DEFAULT_PORT}`;
}
