import { once } from 'node:events';
import { createServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Duplex } from 'node:stream';
import { credentials, Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import { CHANNEL_OPTIONS, GuardedServer, TunnelConnection } from '#common/grpc';
import { newId } from '#common/identity';
import { testVault } from '#common/testing';
import { TunnelClient, type TunnelChunk } from '#common/tunnel-proto';
import { ManagerRelay } from './manager-relay';
import { TunnelServer } from './tunnel.server';

const LOCAL = '127.0.0.1';
const DEAD = newId();

/** A manager that holds the streams of all nodes, whose agents give back what they are sent; the one of `DEAD` does not call. */
class Holder {
  readonly refusals: string[] = [];
  /** Of the agent. */
  private readonly client: TunnelClient;
  private server: GuardedServer;

  private constructor(readonly port: number) {
    this.client = new TunnelClient(`${LOCAL}:${port}`, credentials.createInsecure(), {
      ...CHANNEL_OPTIONS,
      'grpc.use_local_subchannel_pool': 1,
    });
    this.server = this.create();
  }

  static async start(): Promise<Holder> {
    const probe = createServer().listen(0, LOCAL);
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const holder = new Holder(port);
    await holder.server.listen(`${LOCAL}:${port}`);
    return holder;
  }

  async restart(): Promise<void> {
    await this.server.close(0);
    this.server = this.create();
    await this.server.listen(`${LOCAL}:${this.port}`);
  }

  async close(): Promise<void> {
    this.client.close();
    await this.server.close(0);
  }

  private create(): GuardedServer {
    const guarded = new GuardedServer({ allows: () => true, refused: (_, reason) => this.refusals.push(reason) });
    const tunnels = new TunnelServer({
      ask: (nodeId, tunnelId) => {
        if (nodeId !== DEAD) this.callBack(tunnelId);
        return true;
      },
      holderOf: () => undefined,
      relay: new ManagerRelay(testVault()),
    });
    tunnels.addTo(guarded.grpc, (peer) => guarded.prove(peer));
    return guarded;
  }

  private callBack(tunnelId: string): void {
    const metadata = new Metadata();
    metadata.set('tunnel-id', tunnelId);
    const call: ClientDuplexStream<TunnelChunk, TunnelChunk> = this.client.connect(metadata);
    const tunnel = new TunnelConnection(call, () => call.cancel());
    tunnel.pipe(tunnel);
  }
}

let holder: Holder;
let relay: ManagerRelay;
beforeEach(async () => {
  holder = await Holder.start();
  relay = new ManagerRelay(testVault());
});
afterEach(async () => {
  relay.close();
  await holder.close();
});

async function echoed(connection: Duplex, words: string): Promise<string> {
  connection.end(words);
  return String(await buffer(connection));
}

/** What so many connections, opened at once, answer to their numbers. */
function callAtOnce(count: number): Promise<string[]> {
  const numbers = Array.from({ length: count }, (_, index) => String(index));
  const call = async (number: string): Promise<string> => echoed(await relay.open(`${LOCAL}:${holder.port}`, newId()), number);
  return Promise.all(numbers.map(call));
}

describe('connections to nodes of another manager, many at once', () => {
  it('all work on a channel that is new, and on one that was cut and is made again', async () => {
    const numbers = Array.from({ length: 100 }, (_, index) => String(index));
    expect(await callAtOnce(100)).toEqual(numbers);
    await holder.restart();
    expect(await callAtOnce(100)).toEqual(numbers);
    expect(holder.refusals).toEqual([]);
  });

  it('do not wait for agents that do not answer', async () => {
    const address = `${LOCAL}:${holder.port}`;
    const dead = Array.from({ length: 50 }, () => relay.open(address, DEAD));
    const failed = Promise.allSettled(dead);
    let isOver = false;
    void failed.then(() => (isOver = true));
    expect(await callAtOnce(50)).toHaveLength(50);
    expect(isOver).toBe(false);
    for (const result of await failed)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'DEADLINE_EXCEEDED' } });
  }, 10_000);
});

describe('a manager that takes connections and says nothing', () => {
  let silent: TcpServer;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    silent = createServer((socket) => sockets.push(socket.on('error', () => undefined).resume())).listen(0, LOCAL);
    await once(silent, 'listening');
  });
  afterEach(() => {
    silent.close();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  it('is given up by all who wait for it at the same time', async () => {
    const { port } = silent.address() as AddressInfo;
    const startedAt = Date.now();
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => relay.open(`${LOCAL}:${port}`, newId())));
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: { code: expect.any(String) } });
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  }, 20_000);
});
