import { connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { guarded, monotonicMs } from '#common/concurrency';
import { DomainError, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { NetworkState } from '../network-state';
import type { HostIdentity } from '../overlay-link';
import { addressesOf, groupServing } from '../serving';
import { proxyHeader } from './proxy-header';

/** A task that does not answer is given up for another one. */
const CONNECT_MS = 3_000;
/** Until no other task is tried: the caller cannot be seen to go meanwhile, for nothing of it is read. */
const CONNECT_IN_ALL_MS = 30_000;
/** A peer that vanished without a word is noticed within half a minute. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 15_000 };
/** How often refusals are logged: one line stands for what may be thousands of connections. */
const REFUSAL_PERIOD_MS = 10_000;
const ANYWHERE = '::';
/** IPv4 addresses as sockets of both kinds write them. */
const MAPPED = /^::ffff:/;

/** What connections through this host may take of its agent, which must have room left for its engine, its names and its manager. */
export interface ProxyLimits {
  readonly perPort: number;
  readonly inAll: number;
  /** How long nothing may come from one side after the other has said that it is done, in milliseconds. */
  readonly halfOpenIdleMs: number;
}

/**
 * Each connection takes two descriptors, at worst some 128 KiB that nobody reads, and one of the host's 28,232 ports for outgoing
 * connections: in all a gigabyte and less than a third of the ports. One port leaves as much to the others.
 */
export const PROXY_LIMITS: ProxyLimits = { perPort: 4_096, inAll: 8_192, halfOpenIdleMs: 600_000 };

/** A published port whose connections begin with a PROXY protocol header. */
interface ProxiedPort {
  readonly version: number;
  readonly targetPort: number;
  /** Addresses of tasks that take connections. */
  readonly backends: readonly string[];
}

interface Listener {
  readonly server: Server;
  port: ProxiedPort;
  /** Connections that are there now. */
  open: number;
}

/**
 * Takes the connections to published ports that ask for the PROXY protocol, on this host: the kernel cannot write into a connection.
 * Those connections go through the agent and end with it; all others do not.
 */
export class PortProxies {
  private readonly listeners = new Map<string, Listener>();
  private open = 0;
  private quietUntil = 0;

  constructor(
    private readonly host: HostIdentity,
    private readonly logger: Logger,
    private readonly limits = PROXY_LIMITS,
  ) {}

  /**
   * Listens on the ports that are wanted now, and no others.
   * @param ingressId the network that connections to published ports go through; none: nothing is published here
   * @throws DomainError UNAVAILABLE naming a port that somebody else has; all others are served
   */
  async apply(state: NetworkState, ingressId: string | undefined): Promise<void> {
    const wanted = ingressId === undefined ? new Map<string, ProxiedPort>() : proxiedPorts(state, ingressId, this.host.nodeId);
    for (const [place, { server }] of this.listeners) {
      if (wanted.has(place)) continue;
      server.close();
      this.listeners.delete(place);
    }
    const problems: string[] = [];
    for (const [place, port] of wanted) {
      const known = this.listeners.get(place);
      if (known) known.port = port;
      else await this.listen(place, port).catch((error: unknown) => problems.push(messageOf(error)));
    }
    if (problems.length > 0) throw new DomainError('UNAVAILABLE', `published ports cannot be had: ${problems.join('; ')}`);
  }

  /** Takes no more connections. */
  close(): void {
    for (const { server } of this.listeners.values()) server.close();
    this.listeners.clear();
  }

  private async listen(place: string, port: ProxiedPort): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, ...KEEP_ALIVE });
    const listener: Listener = { server, port, open: 0 };
    server.on(
      'connection',
      guarded(
        (client) => this.admit(client, place, listener),
        (error, client) => {
          this.logger.error({ err: error, place }, 'a connection to a published port could not be served');
          client.destroy();
        },
      ),
    );
    const [number, address] = place.split('@');
    server.listen({ port: Number(number), host: address });
    await once(server, 'listening');
    server.on('error', (error) => this.logger.warn({ reason: messageOf(error), place }, 'a published port has trouble'));
    this.listeners.set(place, listener);
  }

  /** Serves the connection to its end, if there is room for it. */
  private async admit(client: Socket, place: string, listener: Listener): Promise<void> {
    client.on('error', () => client.destroy());
    if (listener.open >= this.limits.perPort || this.open >= this.limits.inAll) return this.refuse(client, place);
    listener.open += 1;
    this.open += 1;
    try {
      await this.serve(client, () => listener.port);
    } finally {
      listener.open -= 1;
      this.open -= 1;
    }
  }

  private refuse(client: Socket, place: string): void {
    client.resetAndDestroy();
    const now = monotonicMs();
    if (now < this.quietUntil) return;
    this.quietUntil = now + REFUSAL_PERIOD_MS;
    this.logger.warn({ place, open: this.open }, 'connections to published ports are refused: too many are open');
  }

  private async serve(client: Socket, port: () => ProxiedPort): Promise<void> {
    const { remoteAddress, remotePort, localAddress, localPort } = client;
    const { version, targetPort, backends } = port();
    const task = await this.connectToAny(backends, targetPort);
    // A caller who is gone by now has no address any more.
    if (!task || remoteAddress === undefined || client.destroyed) {
      task?.destroy();
      client.resetAndDestroy();
      return;
    }
    const from = { from: plain(remoteAddress), fromPort: remotePort ?? 0 };
    task.write(proxyHeader(version, { ...from, to: plain(localAddress ?? ''), toPort: localPort ?? 0 }));
    await joined(client, task, this.limits.halfOpenIdleMs);
  }

  /** A connection to one of the tasks, each as likely to be the first that is tried. */
  private async connectToAny(backends: readonly string[], port: number): Promise<Socket | undefined> {
    const start = Math.floor(Math.random() * backends.length);
    const until = monotonicMs() + CONNECT_IN_ALL_MS;
    for (const backend of [...backends.slice(start), ...backends.slice(0, start)]) {
      if (monotonicMs() >= until) return undefined;
      // From the address by which tasks' hosts find the way back to this one.
      const task = connect({ host: backend, port, localAddress: this.host.address, allowHalfOpen: true, ...KEEP_ALIVE });
      const giveUp = (): void => void task.destroy(new Error('no answer'));
      task.setTimeout(CONNECT_MS, giveUp);
      try {
        await once(task, 'connect');
        task.setTimeout(0, giveUp);
        return task;
      } catch (error) {
        this.logger.debug({ backend, port, reason: messageOf(error) }, 'a task does not take a connection');
        task.destroy();
      }
    }
    return undefined;
  }
}

/** Ports with a header, by `port@address` where each is taken. */
function proxiedPorts(state: NetworkState, networkId: string, nodeId: string): Map<string, ProxiedPort> {
  const serving = groupServing(state, nodeId);
  const ports = new Map<string, ProxiedPort>();
  for (const service of state.services.values()) {
    const backends = addressesOf(service, { networkId, family: 'ip' }, serving);
    for (const { port, boundTo, proxyProtocol } of service.ports) {
      if (!port || proxyProtocol === 0) continue;
      const proxied = { version: proxyProtocol, targetPort: port.targetPort, backends };
      for (const address of placesOf(boundTo)) ports.set(`${port.publishedPort}@${address}`, proxied);
    }
  }
  return ports;
}

/** This host's addresses among those that a port is bound to, by themselves or by their interface. */
function placesOf(boundTo: readonly string[]): string[] {
  if (boundTo.length === 0) return [ANYWHERE];
  const interfaces = Object.entries(networkInterfaces());
  const own = interfaces.flatMap(([name, addresses = []]) =>
    addresses.filter(({ address, family }) => family === 'IPv4' && (boundTo.includes(name) || boundTo.includes(address))),
  );
  return [...new Set(own.map(({ address }) => address))];
}

function plain(address: string): string {
  return address.replace(MAPPED, '').replace(/%.*$/, '');
}

/**
 * Sends on what comes in each direction to its end; a side that breaks or closes before breaks the other. Once one side is done, the other
 * may be idle for so long. Resolves when nothing is left of either.
 */
async function joined(client: Socket, task: Socket, halfOpenIdleMs: number): Promise<void> {
  task.on('error', () => task.destroy());
  const bound = (other: Socket): void => void other.setTimeout(halfOpenIdleMs, () => other.destroy());
  client.once('end', () => bound(task));
  task.once('end', () => bound(client));
  await Promise.allSettled([pipeline(client, task), pipeline(task, client)]);
}
