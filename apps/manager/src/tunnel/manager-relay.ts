import { randomBytes, timingSafeEqual } from 'node:crypto';
import { pipeline, type Duplex } from 'node:stream';
import { credentials, Metadata, status as GrpcStatus, type ClientDuplexStream, type ServerDuplexStream } from '@grpc/grpc-js';
import { ConcurrencyLimit, guarded } from '#common/concurrency';
import { SWARM_LOCKED } from '#common/domain';
import { DomainError, messageOf } from '#common/errors';
import { CHANNEL_OPTIONS, grpcFailure, TunnelConnection } from '#common/grpc';
import { isId } from '#common/identity';
import { SealedValue } from '#common/proto';
import type { Vault } from '#common/store';
import { TunnelClient, type TunnelChunk } from '#common/tunnel-proto';

/** The other manager waits for the node's agent for nearly as long. */
const OPEN_TIMEOUT_MS = 8_000;
const PROOF_TIMEOUT_MS = 5_000;
/**
 * Calls to one manager whose proof is not sent yet. That manager cuts a connection with 17 calls before the first proof
 * (`unprovenCalls`), and up to twice as many as are let through here may reach it by then: the first, and those that took their places.
 */
const UNPROVEN_CALLS = 4;
const NONCE_BYTES = 32;
const NODE_HEADER = 'node-id';
const NOTHING = Buffer.alloc(0);

type RelayStream = ServerDuplexStream<TunnelChunk, TunnelChunk>;

/** Another manager, to whom this one passes connections on. */
interface Peer {
  readonly client: TunnelClient;
  readonly unproven: ConcurrencyLimit;
}

/** A call to another manager. */
interface Dialled {
  /** As soon as the other manager has connected it with the node's engine. */
  readonly connection: Promise<Duplex>;
}

/** Connections to engines of nodes whose stream another manager holds: managers pass on to each other. */
export class ManagerRelay {
  private readonly peers = new Map<string, Peer>();

  /** @param vault of the cluster's sealing keys, which show that a caller is a manager */
  constructor(private readonly vault: Vault) {}

  /**
   * A connection to the node's engine through the manager at `address` (host:port). Waits while other calls to that manager have still
   * to prove where they come from, but not while their agents do not answer.
   * @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED
   */
  async open(address: string, nodeId: string): Promise<Duplex> {
    const { client, unproven } = this.peerAt(address);
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new DomainError('DEADLINE_EXCEEDED', `the manager at ${address} does not answer`)),
      OPEN_TIMEOUT_MS,
    );
    try {
      const { connection } = await unproven.run(() => this.dial(client, { address, nodeId }, late.signal), late.signal);
      return await connection;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Calls the manager. Resolves when the proof is on its way, or when the call has failed before. */
  private dial(client: TunnelClient, to: { address: string; nodeId: string }, late: AbortSignal): Promise<Dialled> {
    return new Promise((isProven) => {
      const connection = this.relayed(client, to, { late, proven: () => isProven({ connection }) });
      connection.catch(() => isProven({ connection }));
    });
  }

  private async relayed(
    client: TunnelClient,
    { address, nodeId }: { address: string; nodeId: string },
    { late, proven }: { late: AbortSignal; proven: () => void },
  ): Promise<Duplex> {
    const metadata = new Metadata();
    metadata.set(NODE_HEADER, nodeId);
    const call: ClientDuplexStream<TunnelChunk, TunnelChunk> = client.relay(metadata);
    return new Promise((resolve, reject) => {
      const fail = (error: DomainError): void => {
        late.removeEventListener('abort', onLate);
        call.on('error', () => undefined);
        call.cancel();
        reject(error);
      };
      const onLate = (): void => fail(late.reason as DomainError);
      late.addEventListener('abort', onLate, { once: true });
      const onError = (error: unknown): void => fail(toDomainError(error, nodeId));
      const onEnd = (): void => fail(new DomainError('UNAVAILABLE', `the manager at ${address} hung up`));
      call.once('error', onError).once('end', onEnd);
      const connected = guarded(() => {
        late.removeEventListener('abort', onLate);
        call.pause();
        const tunnel = new TunnelConnection(call, () => call.cancel());
        call.off('error', onError).off('end', onEnd);
        resolve(tunnel);
      }, onError);
      const prove = guarded(({ data }: TunnelChunk) => {
        const proof = this.prove(data, nodeId);
        if (proof === undefined) return fail(new DomainError('UNAVAILABLE', `node ${nodeId} is not available: ${SWARM_LOCKED}`));
        call.write({ data: proof, end: false }, proven);
        call.once('data', connected);
      }, onError);
      call.once('data', prove);
    });
  }

  /** Takes another manager's call. @param connect gives a connection to the node's engine, if its stream is held here */
  accept(stream: RelayStream, connect: (nodeId: string) => Promise<Duplex>): void {
    const nodeId = String(stream.metadata.get(NODE_HEADER)[0] ?? '');
    const nonce = randomBytes(NONCE_BYTES);
    const timer = setTimeout(() => refuse(stream, denied()), PROOF_TIMEOUT_MS);
    stream.once('error', () => clearTimeout(timer)).once('cancelled', () => clearTimeout(timer));
    const check = async ({ data }: TunnelChunk): Promise<void> => {
      clearTimeout(timer);
      stream.pause();
      if (!isId(nodeId) || !this.isSealedNonce(data, nonce, nodeId)) throw denied();
      const engine = await connect(nodeId);
      // Who asked may have hung up while the engine was called.
      if (stream.cancelled) engine.destroy();
      else join(stream, engine);
    };
    stream.once(
      'data',
      guarded(check, (error) => refuse(stream, error)),
    );
    stream.write({ data: nonce, end: false });
  }

  /** Ends every connection that was opened here. */
  close(): void {
    for (const { client } of this.peers.values()) client.close();
    this.peers.clear();
  }

  private peerAt(address: string): Peer {
    const known = this.peers.get(address);
    if (known) return known;
    const client = new TunnelClient(address, credentials.createInsecure(), CHANNEL_OPTIONS);
    const peer = { client, unproven: new ConcurrencyLimit(UNPROVEN_CALLS) };
    this.peers.set(address, peer);
    return peer;
  }

  /** Undefined where the keys are locked. */
  private prove(nonce: Buffer, nodeId: string): Buffer | undefined {
    try {
      return Buffer.from(SealedValue.encode(this.vault.seal(nonce, placeOf(nodeId))).finish());
    } catch {
      return undefined;
    }
  }

  private isSealedNonce(proof: Buffer, nonce: Buffer, nodeId: string): boolean {
    try {
      const opened = this.vault.unseal(SealedValue.decode(proof), placeOf(nodeId));
      return opened.length === nonce.length && timingSafeEqual(opened, nonce);
    } catch {
      return false;
    }
  }
}

/** What is sealed for a relay is good for that node's alone. */
function placeOf(nodeId: string): string {
  return `relay/${nodeId}`;
}

function join(stream: RelayStream, engine: Duplex): void {
  stream.write({ data: NOTHING, end: false });
  const tunnel = new TunnelConnection(stream, () => refuse(stream, new DomainError('UNAVAILABLE', 'the node hung up')));
  // Each direction ends by itself; what breaks one of them off ends the other.
  pipeline(tunnel, engine, () => undefined);
  pipeline(engine, tunnel, () => undefined);
}

function denied(): DomainError {
  return new DomainError('PERMISSION_DENIED', 'only managers of this cluster may ask for this');
}

function refuse(stream: RelayStream, error: unknown): void {
  stream.emit('error', grpcFailure(error, 'PERMISSION_DENIED', 'DEADLINE_EXCEEDED'));
}

function toDomainError(error: unknown, nodeId: string): DomainError {
  const { code, details } = error as { code?: GrpcStatus; details?: string };
  const reason = `node ${nodeId} is not available: ${details ?? messageOf(error)}`;
  return new DomainError(code === GrpcStatus.DEADLINE_EXCEEDED ? 'DEADLINE_EXCEEDED' : 'UNAVAILABLE', reason, { cause: error });
}
