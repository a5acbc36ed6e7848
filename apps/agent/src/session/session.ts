import { connectivityState, credentials, status as GrpcStatus, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import { guarded } from '#common/concurrency';
import { DomainError, type ErrorCode } from '#common/errors';
import { OWN_CHANNEL_OPTIONS } from '#common/grpc';
import {
  DispatcherClient,
  type AgentMessage,
  type Assignments,
  type Challenge,
  type ManagerMessage,
  type Redirect,
  type Removed,
  type Welcome,
} from '#common/dispatcher-proto';
import { followSequence } from './assignment-sequence';
import { Outbox } from './outbox';
import type { SessionParty } from './session-party';

/** A manager on a live host accepts at once; a host that is gone does not answer at all. */
const CONNECT_TIMEOUT_MS = 2_000;
const WELCOME_TIMEOUT_MS = 5_000;
/** Whatever a manager asks for, heartbeats are neither a burden nor too rare to be of use. */
const HEARTBEAT_MS = { least: 100, most: 60_000 };

const CODES: Partial<Record<GrpcStatus, ErrorCode>> = {
  [GrpcStatus.INVALID_ARGUMENT]: 'INVALID_ARGUMENT',
  [GrpcStatus.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [GrpcStatus.PERMISSION_DENIED]: 'PERMISSION_DENIED',
  [GrpcStatus.UNAUTHENTICATED]: 'UNAUTHENTICATED',
  [GrpcStatus.FAILED_PRECONDITION]: 'FAILED_PRECONDITION',
  [GrpcStatus.UNIMPLEMENTED]: 'UNIMPLEMENTED',
};

/**
 * Talks with the manager at `address` (host:port) until either side ends it.
 * @throws DomainError saying why it ended; UNAVAILABLE when the manager went away, FAILED_PRECONDITION when this node was removed,
 *   CANCELLED when the signal aborted
 */
export async function runSession(address: string, party: SessionParty, signal: AbortSignal): Promise<never> {
  const client = new DispatcherClient(address, credentials.createInsecure(), OWN_CHANNEL_OPTIONS);
  const session = new Session(client.session(), party, address);
  const timer = setTimeout(() => {
    if (client.getChannel().getConnectivityState(false) === connectivityState.READY) return;
    session.end(new DomainError('UNAVAILABLE', `${address} accepts no connection within ${CONNECT_TIMEOUT_MS} ms`));
  }, CONNECT_TIMEOUT_MS);
  try {
    return await session.run(signal);
  } finally {
    clearTimeout(timer);
    client.close();
  }
}

/** One stream, from Hello to its end. */
class Session {
  private readonly ending = new AbortController();
  private readonly outbox: Outbox;
  private welcome: Welcome | undefined;
  private setNumber: number | undefined;

  constructor(
    private readonly stream: ClientDuplexStream<AgentMessage, ManagerMessage>,
    private readonly party: SessionParty,
    private readonly address: string,
  ) {
    const failed = (error: Error): void => this.end(internal(error));
    this.outbox = new Outbox((message, written) => void stream.write(message, written), party.statuses, failed);
    stream.on(
      'data',
      guarded((message: ManagerMessage) => this.receive(message), failed),
    );
    stream.on('error', (error: ServiceError) => this.end(toDomainError(error)));
    stream.on('end', () => this.end(new DomainError('UNAVAILABLE', `${address} ended the session`)));
  }

  /** Ends the session; the first reason counts. */
  end(reason: DomainError): void {
    if (this.ending.signal.aborted) return;
    this.ending.abort(reason);
    this.stream.cancel();
  }

  async run(signal: AbortSignal): Promise<never> {
    const leave = (): void => this.end(new DomainError('CANCELLED', 'the agent ends the session'));
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    this.greet();
    await this.ended();
    signal.removeEventListener('abort', leave);
    throw this.ending.signal.reason;
  }

  private greet(): void {
    const { nodeId, nodeKey, leaveLock, advertiseAddress, availability, description } = this.party;
    this.outbox.sendHello({
      ...{ nodeId, nodeKey: nodeKey.publicKey, leaveLock: leaveLock() },
      ...{ advertiseAddress, availability: availability(), description: description.value },
    });
    const silence = new DomainError('UNAVAILABLE', `${this.address} did not answer the hello within ${WELCOME_TIMEOUT_MS} ms`);
    const timer = setTimeout(() => this.welcome ?? this.end(silence), WELCOME_TIMEOUT_MS);
    this.whenEnded(() => clearTimeout(timer));
  }

  private receive(message: ManagerMessage): void {
    if (this.ending.signal.aborted) return;
    try {
      if (message.welcome) this.begin(message.welcome);
      else if (message.challenge) this.prove(message.challenge);
      else if (message.assignments) this.assign(message.assignments);
      else if (message.networkChanges) this.party.networksChanged(message.networkChanges);
      else if (message.openTunnel) this.party.tunnelWanted(this.address, message.openTunnel.tunnelId);
      else if (message.redirect) this.goElsewhere(message.redirect);
      else if (message.removed) this.leaveForGood(message.removed);
    } catch (error) {
      this.end(error instanceof Error && error.name === 'DomainError' ? (error as DomainError) : internal(error));
    }
  }

  private prove({ nonce }: Challenge): void {
    const { nodeId, nodeKey } = this.party;
    this.outbox.sendProof({ signature: nodeKey.sign(nonce, nodeId) });
  }

  private begin(welcome: Welcome): void {
    if (this.welcome) throw new DomainError('ABORTED', `${this.address} welcomed this node twice`);
    this.welcome = welcome;
    this.party.welcomed(welcome);
    this.beat(Math.min(Math.max(welcome.heartbeatPeriodMs, HEARTBEAT_MS.least), HEARTBEAT_MS.most));
    this.whenEnded(this.party.description.onChange((description) => this.outbox.sendDescription(description)));
  }

  private beat(periodMs: number): void {
    const { engineError } = this.party;
    const send = (): void => this.outbox.sendHeartbeat({ engineError: engineError.value });
    send();
    const timer = setInterval(
      guarded(send, (error) => this.end(internal(error))),
      periodMs,
    );
    this.whenEnded(() => clearInterval(timer));
    this.whenEnded(engineError.onChange(send));
  }

  private assign(message: Assignments): void {
    if (!this.welcome) throw new DomainError('ABORTED', `${this.address} sent assignments before its welcome`);
    const isFirst = this.setNumber === undefined;
    this.setNumber = followSequence(this.setNumber, message);
    this.party.assigned(message);
    if (!isFirst) return;
    // Only now: tasks that this manager no longer knows have just been forgotten.
    this.party.statuses.onUnsent(() => this.outbox.sendStatuses());
    this.party.statuses.resendAll();
    this.whenEnded(() => this.party.statuses.onUnsent(() => undefined));
  }

  private goElsewhere(redirect: Redirect): void {
    this.party.redirected(redirect);
    const places = redirect.managerAddresses.join(', ');
    this.end(new DomainError('UNAVAILABLE', `${this.address} says that the managers are at ${places}`));
  }

  private leaveForGood(removal: Removed): void {
    this.party.removed(removal);
    const reason = removal.clusterEnded ? 'the cluster has ended' : 'this node was removed from the cluster';
    this.end(new DomainError('FAILED_PRECONDITION', reason));
  }

  private ended(): Promise<void> {
    return new Promise((resolve) => this.whenEnded(resolve));
  }

  private whenEnded(listener: () => void): void {
    if (this.ending.signal.aborted) listener();
    else this.ending.signal.addEventListener('abort', listener, { once: true });
  }
}

function toDomainError(error: ServiceError): DomainError {
  return new DomainError(CODES[error.code] ?? 'UNAVAILABLE', error.details || error.message, { cause: error });
}

function internal(cause: unknown): DomainError {
  return new DomainError('INTERNAL', 'a message of the manager could not be dealt with', { cause });
}
