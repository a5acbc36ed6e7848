import { status as GrpcStatus, type Server, type ServerDuplexStream } from '@grpc/grpc-js';
import type { Duplex } from 'node:stream';
import { DomainError } from '#common/errors';
import { TunnelConnection } from '#common/grpc';
import { newId } from '#common/identity';
import { TunnelService, type TunnelChunk } from '#common/tunnel-proto';
import type { ManagerRelay } from './manager-relay';

/** An agent that is connected answers at once. */
const ANSWER_TIMEOUT_MS = 5_000;
const ID_HEADER = 'tunnel-id';

export interface TunnelParts {
  /** Asks the agent of a node to call back; false when this manager does not hold its stream. */
  readonly ask: (nodeId: string, tunnelId: string) => boolean;
  /** `host:port` of another manager that holds the stream, if one does. */
  readonly holderOf: (nodeId: string) => string | undefined;
  readonly relay: ManagerRelay;
}

type TunnelStream = ServerDuplexStream<TunnelChunk, TunnelChunk>;

/** Connections to the engines of nodes. Agents cannot be dialled, so they are asked to call: each by the manager that holds its stream. */
export class TunnelServer {
  /** Those who wait for an agent's call, by the id that it brings. */
  private readonly expected = new Map<string, (tunnel: Duplex) => void>();

  constructor(private readonly parts: TunnelParts) {}

  /**
   * Takes the calls of agents, and of other managers, on this server.
   * @param prove told of a caller that brings what only an agent or a manager has
   */
  addTo(server: Server, prove: (peer: string) => void): void {
    server.addService(TunnelService, {
      connect: (stream: TunnelStream) => this.accept(stream, prove),
      relay: (stream: TunnelStream) =>
        this.parts.relay.accept(stream, (nodeId) => {
          prove(stream.getPeer());
          return this.openHere(nodeId);
        }),
    });
  }

  /**
   * A connection to the node's engine.
   * @throws DomainError UNAVAILABLE the node is not connected to any manager · DEADLINE_EXCEEDED its agent does not answer
   */
  async open(nodeId: string): Promise<Duplex> {
    const holder = this.parts.holderOf(nodeId);
    return holder === undefined ? this.openHere(nodeId) : this.parts.relay.open(holder, nodeId);
  }

  private openHere(nodeId: string): Promise<Duplex> {
    const tunnelId = newId();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.expected.delete(tunnelId);
        reject(new DomainError('DEADLINE_EXCEEDED', `the agent of node ${nodeId} does not answer`));
      }, ANSWER_TIMEOUT_MS);
      this.expected.set(tunnelId, (tunnel) => {
        clearTimeout(timer);
        resolve(tunnel);
      });
      if (this.parts.ask(nodeId, tunnelId)) return;
      clearTimeout(timer);
      this.expected.delete(tunnelId);
      reject(new DomainError('UNAVAILABLE', `node ${nodeId} is not available`));
    });
  }

  private accept(stream: TunnelStream, prove: (peer: string) => void): void {
    const [tunnelId = ''] = stream.metadata.get(ID_HEADER);
    const expected = this.expected.get(String(tunnelId));
    if (!expected) {
      stream.emit('error', { code: GrpcStatus.INVALID_ARGUMENT, details: 'nobody asked for this tunnel' });
      return;
    }
    this.expected.delete(String(tunnelId));
    prove(stream.getPeer());
    const tunnel = new TunnelConnection(stream, () => {
      stream.emit('error', { code: GrpcStatus.CANCELLED, details: 'the manager hung up' });
    });
    expected(tunnel);
  }
}
