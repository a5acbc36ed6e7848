import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { connect as connectTcp, type AddressInfo, type Socket } from 'node:net';
import { credentials, status as GrpcStatus, type ClientDuplexStream, type ServerDuplexStream } from '@grpc/grpc-js';
import {
  AgentMessage,
  DispatcherClient,
  DispatcherService,
  type ManagerMessage,
  type TaskObservation,
} from '#common/dispatcher-proto';
import { TaskState } from '#common/domain';
import {
  CONNECTION_LIMITS,
  GuardedServer,
  MAX_MESSAGE_TO_MANAGER_BYTES,
  TunnelConnection,
  type ConnectionLimits,
} from '#common/grpc';
import { TaskStatus } from '#common/proto';
import { eventually } from '#common/testing';
import { TunnelChunk } from '#common/tunnel-proto';
import { Outbox } from '../../apps/agent/src/session/outbox';
import { StatusReporter } from '../../apps/agent/src/worker/status-reporter';

const PATH = '/swarm.v1.Dispatcher/Session';
const MIB = 1024 * 1024;

interface Served {
  readonly port: number;
  readonly refusals: string[];
  readonly received: AgentMessage[];
  close(): Promise<void>;
}

const running: { close(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.close();
});

/** A server as the manager has it, for which a hello with a node's id is proof enough. */
async function serve(
  limits: Partial<ConnectionLimits> = {},
  allows = (): boolean => true,
  address = '127.0.0.1:0',
): Promise<Served> {
  const refusals: string[] = [];
  const received: AgentMessage[] = [];
  const server = new GuardedServer({
    allows,
    refused: (_, reason) => refusals.push(reason),
    limits: { ...CONNECTION_LIMITS, ...limits },
  });
  server.grpc.addService(DispatcherService, {
    session: (stream: ServerDuplexStream<AgentMessage, ManagerMessage>) => {
      stream.on('error', () => undefined);
      stream.on('data', (message: AgentMessage) => {
        received.push(message);
        if (message.hello) server.prove(stream.getPeer());
        stream.write({ openTunnel: { tunnelId: 'heard' } });
      });
      stream.on('end', () => stream.end());
    },
  });
  await server.listen(address);
  const served = { port: portOf(server), refusals, received, close: () => server.close(100) };
  running.push(served);
  return served;
}

function portOf(server: GuardedServer): number {
  const { listeners } = server as unknown as { listeners: { address(): AddressInfo }[] };
  return listeners[0]?.address().port ?? 0;
}

/** An agent that has said hello, and been heard. */
async function anAgent({ port, received }: Served): Promise<ClientDuplexStream<AgentMessage, ManagerMessage>> {
  const client = new DispatcherClient(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const stream = client.session();
  stream.on('error', () => undefined).resume();
  running.push({ close: () => (stream.cancel(), client.close()) });
  const before = received.length;
  stream.write(AgentMessage.fromPartial({ hello: { nodeId: 'n1' } }));
  await eventually(() => received.length > before, { reason: 'the hello was heard' });
  return stream;
}

async function isHeard(agent: ClientDuplexStream<AgentMessage, ManagerMessage>, { received }: Served): Promise<void> {
  const before = received.filter(({ heartbeat }) => heartbeat).length;
  agent.write(AgentMessage.fromPartial({ heartbeat: { engineError: '' } }));
  await eventually(() => received.filter(({ heartbeat }) => heartbeat).length > before, { reason: 'a heartbeat was heard' });
}

function aCaller({ port }: Served): ClientHttp2Session {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  running.push({ close: () => session.destroy() });
  return session;
}

function aCall(session: ClientHttp2Session): ClientHttp2Stream {
  const call = session.request({ ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc', te: 'trailers' });
  return call.on('error', () => undefined).resume();
}

function aConnection({ port }: Served): Socket {
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  running.push({ close: () => void socket.destroy() });
  return socket;
}

/** How gRPC says that a message is coming, and how long it is. */
function prefixOf(bytes: number): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes, 1);
  return prefix;
}

describe('promise 11: who is not known yet can take little of a manager', () => {
  it.each([32 * MIB, MAX_MESSAGE_TO_MANAGER_BYTES + 1, 2 ** 32 - 1])(
    'a message of %i bytes is refused by what it says of its length, before it comes',
    async (bytes) => {
      const call = aCall(aCaller(await serve()));
      // An answer of nothing but its end comes as the response itself.
      const answer = once(call, 'response') as Promise<[Record<string, string>]>;
      call.write(prefixOf(bytes));
      expect((await answer)[0]['grpc-status']).toBe(String(GrpcStatus.RESOURCE_EXHAUSTED));
    },
  );

  it('a connection of an address that is not allowed is closed before a byte is said', async () => {
    const served = await serve({}, () => false);
    const socket = aConnection(served);
    const heard: Buffer[] = [];
    socket.on('data', (data) => heard.push(data));
    await once(socket, 'close');
    expect(heard).toEqual([]);
    expect(served.refusals[0]).toContain('--agent-network');
  });

  it('a connection that says nothing is closed, and one that speaks HTTP/2 but says no hello', async () => {
    const served = await serve({ proofTimeoutMs: 200 });
    const [silent, session] = [aConnection(served), aCaller(served)];
    const closed = [once(silent, 'close'), once(session, 'close')];
    aCall(session).write(prefixOf(1_000));
    const agent = await anAgent(served);
    await Promise.all(closed);
    await isHeard(agent, served);
    expect(served.refusals).toHaveLength(2);
  });

  it('connections from one address are bounded, and those of agents that are known stay', async () => {
    const served = await serve({ unprovenPerAddress: 20 });
    const agent = await anAgent(served);
    const sockets = Array.from({ length: 200 }, () => aConnection(served));
    await eventually(() => served.refusals.length === 180, { reason: 'all but 20 were refused' });
    await isHeard(agent, served);
    for (const socket of sockets) socket.destroy();
    await eventually(async () => isHeard(await anAgent(served), served), { reason: 'there is room again' });
  });

  it.each<[string, Partial<ConnectionLimits>]>([
    ['in all', { connections: 5 }],
    ['from one address', { connectionsPerAddress: 5 }],
    ['that have not said what they are for', { unproven: 5 }],
  ])('connections %s are bounded', async (_, limits) => {
    const served = await serve(limits);
    for (let made = 0; made < 50; made++) aConnection(served);
    await eventually(() => served.refusals.length === 45, { reason: 'all but 5 were refused' });
  });

  it('connections from one port to two addresses of the host cost no place for ever', async () => {
    const served = await serve({ connectionsPerAddress: 6, unprovenPerAddress: 6 }, undefined, '0.0.0.0:0');
    for (let pair = 0; pair < 10; pair++) {
      const first = connectTcp({ host: '127.0.0.1', port: served.port, localAddress: '127.0.0.1' });
      first.on('error', () => undefined);
      await once(first, 'connect');
      const { localPort } = first;
      const second = connectTcp({ host: '127.0.0.2', port: served.port, localAddress: '127.0.0.1', localPort });
      second.on('error', () => undefined);
      await once(second, 'close');
      first.destroy();
      await once(first, 'close');
    }
    await eventually(async () => isHeard(await anAgent(served), served), { reason: 'there is room' });
  });

  it('thousands of calls on one connection end it, opened or reset at once, and nobody else is hurt', async () => {
    const served = await serve();
    const agent = await anAgent(served);
    for (const reset of [false, true]) {
      const session = aCaller(served);
      await once(session, 'connect');
      const closed = once(session, 'close');
      for (let made = 0; made < 500; made++) {
        const call = aCall(session);
        if (reset) call.close(8);
      }
      await closed;
    }
    await isHeard(agent, served);
    expect(served.refusals.every((reason) => reason.includes('calls of no use'))).toBe(true);
  });

  it('garbage instead of HTTP/2 ends its own connection', async () => {
    const served = await serve();
    const agent = await anAgent(served);
    for (const garbage of [
      'GET / HTTP/1.1\r\n\r\n',
      '\0'.repeat(10_000),
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + '\xff'.repeat(1_000),
    ]) {
      const socket = aConnection(served);
      socket.write(garbage);
      await once(socket.resume(), 'close');
    }
    await isHeard(agent, served);
  });
});

describe('promise 11: what is much is sent in small messages', () => {
  const statusOf = (err: string): TaskStatus => TaskStatus.fromPartial({ state: TaskState.failed, err, timestamp: 'now' });

  it.each([
    ['many statuses', 5_000, 200],
    ['statuses with long errors', 40, 100_000],
    ['one status', 1, 10],
  ])('%s', async (_, count, length) => {
    const reporter = new StatusReporter(0);
    for (let index = 0; index < count; index++) reporter.report(`t${index}`, statusOf('é'.repeat(length)));
    const sent: TaskObservation[] = [];
    const sizes: number[] = [];
    const outbox = new Outbox(
      (message, written) => {
        sizes.push(AgentMessage.encode(AgentMessage.fromPartial(message)).finish().length);
        sent.push(...(message.statuses?.observations ?? []));
        setImmediate(written);
      },
      reporter,
      () => undefined,
    );
    outbox.sendStatuses();
    await eventually(() => sent.length === count, { reason: 'every status was sent' });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_MESSAGE_TO_MANAGER_BYTES);
    expect(new Set(sent.map(({ taskId }) => taskId)).size).toBe(count);
  });

  it('what goes through a tunnel', async () => {
    const chunks: Buffer[] = [];
    const sizes: number[] = [];
    const call = {
      on: () => undefined,
      write: (chunk: TunnelChunk, written: () => void) => {
        chunks.push(chunk.data);
        sizes.push(TunnelChunk.encode(chunk).finish().length);
        setImmediate(written);
        return true;
      },
      pause: () => undefined,
      resume: () => undefined,
      end: () => undefined,
    };
    const tunnel = new TunnelConnection(call, () => undefined);
    const data = Buffer.from(Array.from({ length: 300_001 }, (_, index) => index % 251));
    await new Promise<void>((resolve) => tunnel.end(data, resolve));
    expect(Buffer.concat(chunks).equals(data)).toBe(true);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_MESSAGE_TO_MANAGER_BYTES);
  });
});
