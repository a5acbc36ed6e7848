import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { credentials, Metadata, status as GrpcStatus, type ServiceError } from '@grpc/grpc-js';
import { AdmissionClient, Ticket, type JoinReply, type LeaveReply } from '#common/dispatcher-proto';
import { inSwarmKitsWords } from '#common/domain';
import { DomainError, isCode, messageOf } from '#common/errors';
import { endingAfter, OWN_CHANNEL_OPTIONS } from '#common/grpc';
import { TICKET } from './admission.server';
import { answerVault, proofOf } from './join-proof';
import { parseJoinToken } from './join-token';
import { certificateDigest } from './root-ca';

const NONCE_BYTES = 32;
const TIMEOUT_MS = 5_000;
/** Where managers take agents, unless an address says otherwise. */
const DEFAULT_PORT = 2378;

/** What a host is told that is admitted. */
export interface Admitted {
  readonly ticket: Ticket;
  /** host:port of the managers that can be reached from here, the one that answered among them. */
  readonly managers: readonly string[];
}

/**
 * Asks managers in turn to be admitted to their cluster.
 * @param addresses host or host:port of each
 * @throws DomainError INVALID_ARGUMENT the token · UNAVAILABLE none of them answers · FAILED_PRECONDITION it is another cluster's token
 */
export async function askToJoin(addresses: readonly string[], token: string): Promise<Admitted> {
  const { digest, secret } = parseJoinToken(token);
  const nonce = randomBytes(NONCE_BYTES);
  const request = { nonce, proof: proofOf(secret, nonce) };
  const { address, reply } = await firstAnswer<JoinReply>(
    addresses,
    (client, done) => client.join(request, new Metadata(), endingAfter(TIMEOUT_MS), done),
    // Another manager would say the same.
    (error) => isCode(error, 'INVALID_ARGUMENT', 'FAILED_PRECONDITION'),
  );
  if (certificateDigest(reply.rootCertificate) !== digest || !reply.ticket)
    throw new DomainError('FAILED_PRECONDITION', `remote CA does not match fingerprint. Expected: ${digest}`);
  const ticket = Ticket.decode(answerVault(secret, nonce).unseal(reply.ticket, TICKET));
  // A manager that is announced on loopback can be reached from its own host only.
  const others = ticket.managerAddresses.filter((each) => !isLoopback(each) || isLoopback(address));
  return { ticket, managers: [...new Set([address, ...others])] };
}

/** Asks the manager that holds the stream of this host's agent to let it go. @throws DomainError UNAVAILABLE none of them does */
export async function askToLeave(addresses: readonly string[], leaveKey: Buffer): Promise<void> {
  await firstAnswer<LeaveReply>(
    addresses,
    (client, done) => client.leave({ leaveKey }, new Metadata(), endingAfter(TIMEOUT_MS), done),
    () => false,
  );
}

type Done<T> = (error: ServiceError | null, reply: T) => void;
type Ask<T> = (client: AdmissionClient, done: Done<T>) => unknown;

/** @param isFinal whether it is no use to ask the next one */
async function firstAnswer<T>(
  addresses: readonly string[],
  ask: Ask<T>,
  isFinal: (error: unknown) => boolean,
): Promise<{ address: string; reply: T }> {
  const reasons: string[] = [];
  for (const address of addresses.map(withPort)) {
    try {
      return { address, reply: await answerOf(address, ask) };
    } catch (error) {
      if (isFinal(error)) throw error;
      reasons.push(`${address}: ${messageOf(error)}`);
    }
  }
  throw new DomainError('UNAVAILABLE', `no manager answers (${reasons.join('; ') || 'no address was given'})`);
}

function answerOf<T>(address: string, ask: Ask<T>): Promise<T> {
  const client = new AdmissionClient(address, credentials.createInsecure(), OWN_CHANNEL_OPTIONS);
  return new Promise<T>((resolve, reject) => {
    ask(client, (error, reply) => (error ? reject(toDomainError(error)) : resolve(reply)));
  }).finally(() => client.close());
}

function toDomainError(error: ServiceError): DomainError {
  const { code, details } = error;
  if (code === GrpcStatus.PERMISSION_DENIED)
    return new DomainError('INVALID_ARGUMENT', inSwarmKitsWords('InvalidArgument', details), { cause: error });
  if (code === GrpcStatus.FAILED_PRECONDITION) return new DomainError('FAILED_PRECONDITION', details, { cause: error });
  return new DomainError('UNAVAILABLE', details || error.message, { cause: error });
}

/** Adds the port where there is none; an IPv6 address without brackets has none. */
function withPort(address: string): string {
  if (isIPv6(address)) return `[${address}]:${DEFAULT_PORT}`;
  return /:\d+$/.test(address) ? address : `${address}:${DEFAULT_PORT}`;
}

function isLoopback(address: string): boolean {
  return /^(?:localhost|127\.[\d.]+|\[::1\]):\d+$/.test(address);
}
