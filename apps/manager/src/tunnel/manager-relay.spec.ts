import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { credentials, Metadata, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { DomainError, messageOf } from '#common/errors';
import { newId } from '#common/identity';
import { testVault } from '#common/testing';
import { TunnelClient, TunnelService, type TunnelChunk } from '#common/tunnel-proto';
import { ManagerRelay } from './manager-relay';

type RelayStream = ServerDuplexStream<TunnelChunk, TunnelChunk>;

const NODE = newId();

let engine: TcpServer;
let holder: Server;
let address: string;
let relay: ManagerRelay;
/** What the manager that holds the stream does for a connection. */
let toEngine: (nodeId: string) => Promise<Duplex>;

beforeEach(async () => {
  engine = createServer({ allowHalfOpen: true }, (socket) => answer(socket)).listen(0, '127.0.0.1');
  await once(engine, 'listening');
  toEngine = async () => {
    const socket = connect({ host: '127.0.0.1', port: (engine.address() as AddressInfo).port, allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  };
  const accepting = new ManagerRelay(testVault());
  holder = new Server();
  holder.addService(TunnelService, {
    connect: () => undefined,
    relay: (stream: RelayStream) => accepting.accept(stream, (nodeId) => toEngine(nodeId)),
  });
  const port = await new Promise<number>((resolve, reject) =>
    holder.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  address = `127.0.0.1:${port}`;
  relay = new ManagerRelay(testVault());
});

afterEach(() => {
  relay.close();
  holder.forceShutdown();
  engine.close();
});

/** An engine that gives back what it is sent, with a word before it and one after it. */
function answer(socket: Socket): void {
  socket.write('<');
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('end', () => socket.end('>'));
  socket.on('error', () => undefined);
}

async function readAll(connection: Duplex): Promise<string> {
  let text = '';
  for await (const chunk of connection) text += String(chunk);
  return text;
}

it('what is said to the engine is answered, each direction to its end', async () => {
  const connection = await relay.open(address, NODE);
  connection.end('hello');
  expect(await readAll(connection)).toBe('<hello>');
});

it('a megabyte goes through as it is', async () => {
  const connection = await relay.open(address, NODE);
  const text = Array.from({ length: 1 << 17 }, (_, index) => String(index % 10).repeat(8)).join('');
  connection.end(text);
  const answered = await readAll(connection);
  expect([answered.length, answered.slice(1, -1) === text]).toEqual([text.length + 2, true]);
});

it('several connections are apart', async () => {
  const connections = await Promise.all(['a', 'b', 'c'].map(() => relay.open(address, NODE)));
  connections.forEach((connection, index) => connection.end(String(index)));
  expect(await Promise.all(connections.map(readAll))).toEqual(['<0>', '<1>', '<2>']);
});

it('who hangs up is noticed by the engine', async () => {
  const accepted = once(engine, 'connection') as Promise<[Socket]>;
  const connection = await relay.open(address, NODE);
  const [socket] = await accepted;
  const closed = once(socket, 'close');
  connection.destroy();
  await closed;
});

it('an engine that breaks off is noticed by who asked', async () => {
  const accepted = once(engine, 'connection') as Promise<[Socket]>;
  const connection = await relay.open(address, NODE);
  const [socket] = await accepted;
  const failure = once(connection, 'error');
  connection.resume();
  socket.resetAndDestroy();
  expect(await failure).toHaveLength(1);
});

it.each<['UNAVAILABLE' | 'DEADLINE_EXCEEDED', string]>([
  ['UNAVAILABLE', 'node x is not available'],
  ['DEADLINE_EXCEEDED', 'the agent of node x does not answer'],
])('an engine that cannot be reached is told of as %s', async (code, reason) => {
  toEngine = () => Promise.reject(new DomainError(code, reason));
  await expect(relay.open(address, NODE)).rejects.toMatchObject({ code, message: expect.stringContaining(reason) });
});

it('a manager that is not there is told of', async () => {
  holder.forceShutdown();
  await expect(relay.open(address, NODE)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

describe('who has not the keys of the managers', () => {
  beforeEach(() => {
    toEngine = () => Promise.reject(new Error('nobody may come here'));
  });

  it('is refused with other keys', async () => {
    const other = new ManagerRelay(testVault('otherkey0otherkey0otherk0'));
    await expect(other.open(address, NODE)).rejects.toThrow('only managers of this cluster may ask for this');
    other.close();
  });

  it.each(['', 'x'.repeat(100)])('is refused with %j for a proof', async (proof) => {
    expect(await refusalOf(NODE, () => Buffer.from(proof))).toContain('only managers of this cluster');
  });

  it('is refused with the nonce as it came', async () => {
    expect(await refusalOf(NODE, (nonce) => nonce)).toContain('only managers of this cluster');
  });

  it('is refused for what is no node', async () => {
    const vaulted = new ManagerRelay(testVault());
    await expect(vaulted.open(address, '../x')).rejects.toThrow('only managers of this cluster may ask for this');
    vaulted.close();
  });

  async function refusalOf(nodeId: string, prove: (nonce: Buffer) => Buffer): Promise<string> {
    const metadata = new Metadata();
    metadata.set('node-id', nodeId);
    const client = new TunnelClient(address, credentials.createInsecure());
    const call = client.relay(metadata);
    call.once('data', ({ data }: TunnelChunk) => call.write({ data: prove(data), end: false }));
    call.resume();
    try {
      const [error] = (await once(call, 'error')) as [Error];
      return messageOf(error);
    } finally {
      client.close();
    }
  }
});
