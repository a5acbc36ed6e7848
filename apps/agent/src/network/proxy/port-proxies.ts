import { connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { once } from 'node:events';
import { guarded } from '#common/concurrency';
import { DomainError, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { NetworkState } from '../network-state';
import type { HostIdentity } from '../overlay-link';
import { addressesOf, groupServing } from '../serving';
import { proxyHeader } from './proxy-header';

/** A task that does not answer is given up for another one. */
const CONNECT_MS = 3_000;
const ANYWHERE = '::';
/** IPv4 addresses as sockets of both kinds write them. */
const MAPPED = /^::ffff:/;

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
}

/**
 * Takes the connections to published ports that ask for the PROXY protocol, on this host: the kernel cannot write into a connection.
 * Those connections go through the agent and end with it; all others do not.
 */
export class PortProxies {
  private readonly listeners = new Map<string, Listener>();

  constructor(
    private readonly host: HostIdentity,
    private readonly logger: Logger,
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
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const listener: Listener = { server, port };
    server.on(
      'connection',
      guarded(
        (client) => this.serve(client, () => listener.port),
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

  private async serve(client: Socket, port: () => ProxiedPort): Promise<void> {
    client.on('error', () => client.destroy());
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
    join(client, task);
    join(task, client);
  }

  /** A connection to one of the tasks, each as likely to be the first that is tried. */
  private async connectToAny(backends: readonly string[], port: number): Promise<Socket | undefined> {
    const start = Math.floor(Math.random() * backends.length);
    for (const backend of [...backends.slice(start), ...backends.slice(0, start)]) {
      // From the address by which tasks' hosts find the way back to this one.
      const task = connect({ host: backend, port, localAddress: this.host.address, allowHalfOpen: true });
      task.setTimeout(CONNECT_MS, () => task.destroy(new Error('no answer')));
      try {
        await once(task, 'connect');
        task.setTimeout(0);
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

/** Sends on what comes, the end too; either's breaking breaks the other. */
function join(from: Socket, to: Socket): void {
  from.on('error', () => to.destroy());
  from.pipe(to);
}
