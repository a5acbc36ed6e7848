import { lookup } from 'node:dns/promises';
import { createServer, type Server as TcpServer, type Socket } from 'node:net';
import { Server, ServerCredentials, ServerInterceptingCall, type ConnectionInjector } from '@grpc/grpc-js';
import { guarded } from '../concurrency';
import { SERVER_OPTIONS } from './channel-options';

/** What connections may take of a server. */
export interface ConnectionLimits {
  /** In all: each costs some tens of kilobytes, and a file descriptor. */
  readonly connections: number;
  /** From one address: a host has one for its agent, one for its tunnels, one for its manager. Many hosts may share an address. */
  readonly connectionsPerAddress: number;
  /** Of which nobody has shown yet what they are for, in all. */
  readonly unproven: number;
  readonly unprovenPerAddress: number;
  /** Calls on a connection before one of them has shown what it is for. */
  readonly unprovenCalls: number;
  /** How long a connection may take for that, in milliseconds. */
  readonly proofTimeoutMs: number;
}

/** Far above what the largest cluster that is measured takes, all of whose agents may come from one host. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  connections: 32_768,
  connectionsPerAddress: 16_384,
  unproven: 1_024,
  unprovenPerAddress: 256,
  unprovenCalls: 16,
  proofTimeoutMs: 10_000,
};

const ANY_ADDRESS = '::';

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  readonly timer: NodeJS.Timeout;
  isProven: boolean;
  calls: number;
}

export interface GuardedServerParts {
  /** Whether connections from the address are taken at all. */
  readonly allows: (address: string) => boolean;
  /** Told of a connection that is closed, and why. */
  readonly refused: (address: string, reason: string) => void;
  readonly limits?: ConnectionLimits;
}

/**
 * A gRPC server that takes connections only from those it knows by their address, and as many as it can bear: the others are closed
 * before a byte of theirs is read. A connection has to show soon what it is for, and can do little before that.
 */
export class GuardedServer {
  readonly grpc: Server;
  private readonly limits: ConnectionLimits;
  private readonly connections = new Map<string, Connection>();
  private readonly byAddress = new Map<string, number>();
  private readonly unprovenByAddress = new Map<string, number>();
  private unproven = 0;
  private readonly listeners: TcpServer[] = [];
  private readonly injector: ConnectionInjector;

  constructor(private readonly parts: GuardedServerParts) {
    this.limits = parts.limits ?? CONNECTION_LIMITS;
    this.grpc = new Server({
      ...SERVER_OPTIONS,
      interceptors: [
        (_, call) => {
          const { remoteAddress = '', remotePort = 0 } = call.getConnectionInfo();
          this.countCall(this.connections.get(`${remoteAddress}:${remotePort}`));
          return new ServerInterceptingCall(call);
        },
      ],
    });
    this.injector = this.grpc.createConnectionInjector(ServerCredentials.createInsecure());
  }

  /** @param address `host:port`; a name stands for all its addresses. @throws errors of the system */
  async listen(address: string): Promise<void> {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
    const port = Number(address.slice(colon + 1));
    const addresses = host === '' ? [ANY_ADDRESS] : (await lookup(host, { all: true })).map((each) => each.address);
    const outcomes = await Promise.allSettled(addresses.map((each) => this.listenOn(each, port)));
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []));
    // A name may stand for an address that this host does not have, as `localhost` does where there is no IPv6.
    if (failures.length === outcomes.length) throw failures[0] ?? new Error(`${host} has no address`);
    for (const failure of failures) this.parts.refused(host, failure.message);
  }

  /** The call's connection has shown what it is for. @param peer gRPC's name of the caller */
  prove(peer: string): void {
    const connection = this.connections.get(peer);
    if (!connection || connection.isProven) return;
    connection.isProven = true;
    clearTimeout(connection.timer);
    this.countUnproven(connection.address, -1);
  }

  /** Lets calls end by themselves for so long, then ends them. */
  async close(timeoutMs: number): Promise<void> {
    for (const listener of this.listeners) listener.close();
    const force = setTimeout(() => {
      this.grpc.forceShutdown();
      for (const { socket } of this.connections.values()) socket.destroy();
    }, timeoutMs);
    await new Promise<void>((resolve) => this.grpc.tryShutdown(() => resolve()));
    clearTimeout(force);
  }

  private listenOn(host: string, port: number): Promise<void> {
    // Nagle's algorithm would hold back small messages, as gRPC's own listener knows.
    const listener = createServer(
      { noDelay: true },
      guarded(
        (socket: Socket) => this.accept(socket),
        (error, socket) => {
          socket.destroy();
          this.parts.refused(host, error.message);
        },
      ),
    );
    this.listeners.push(listener);
    return new Promise((resolve, reject) => {
      listener.once('error', reject).listen(port, host, () => {
        listener.off('error', reject).on('error', (error) => this.parts.refused(host, error.message));
        resolve();
      });
    });
  }

  private accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    // A caller may hang up, or break the line, before anybody listens.
    socket.on('error', () => socket.destroy());
    if (remoteAddress === undefined) return void socket.destroy();
    const peer = `${remoteAddress}:${remotePort}`;
    // One port of a caller to two addresses of this host: calls name their caller, and these two could not be told apart.
    if (this.connections.has(peer)) return void socket.destroy();
    const address = remoteAddress.replace(/^::ffff:/, '');
    const reason = this.whyRefused(address);
    if (reason !== undefined) {
      this.parts.refused(address, reason);
      return void socket.destroy();
    }
    const late = (): void => this.cutOff(connection, `it did not say in ${this.limits.proofTimeoutMs} ms what it is for`);
    const timer = setTimeout(late, this.limits.proofTimeoutMs).unref();
    const connection: Connection = { socket, address, timer, isProven: false, calls: 0 };
    this.connections.set(peer, connection);
    add(this.byAddress, address, 1);
    this.countUnproven(address, 1);
    socket.once('close', () => this.forget(peer, connection));
    this.injector.injectConnection(socket);
  }

  private whyRefused(address: string): string | undefined {
    const { limits } = this;
    if (!this.parts.allows(address)) return 'its address is not allowed; see the manager’s --agent-network';
    if (this.connections.size >= limits.connections) return `there are ${limits.connections} connections`;
    const isFull = (counts: ReadonlyMap<string, number>, most: number): boolean => (counts.get(address) ?? 0) >= most;
    if (isFull(this.byAddress, limits.connectionsPerAddress)) return `it has ${limits.connectionsPerAddress} connections`;
    if (this.unproven >= limits.unproven || isFull(this.unprovenByAddress, limits.unprovenPerAddress))
      return 'there are too many connections that have not said what they are for';
    return undefined;
  }

  private countCall(connection: Connection | undefined): void {
    if (!connection || connection.isProven) return;
    connection.calls += 1;
    // Told once: what had come before the line was cut is still counted.
    if (connection.calls === this.limits.unprovenCalls + 1)
      this.cutOff(connection, `it made ${connection.calls} calls of no use`);
  }

  private cutOff({ socket, address }: Connection, reason: string): void {
    this.parts.refused(address, reason);
    socket.destroy();
  }

  private forget(peer: string, connection: Connection): void {
    clearTimeout(connection.timer);
    this.connections.delete(peer);
    add(this.byAddress, connection.address, -1);
    if (!connection.isProven) this.countUnproven(connection.address, -1);
  }

  private countUnproven(address: string, by: number): void {
    this.unproven += by;
    add(this.unprovenByAddress, address, by);
  }
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
