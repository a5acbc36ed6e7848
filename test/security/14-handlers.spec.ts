import { EventEmitter } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import {
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ClientDuplexStream,
  type ServerDuplexStream,
} from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { TaskState } from '#common/domain';
import {
  AdmissionClient,
  DispatcherClient,
  DispatcherService,
  ManagerMessage,
  type AgentMessage,
} from '#common/dispatcher-proto';
import { TunnelConnection, type TunnelCall } from '#common/grpc';
import { newId } from '#common/identity';
import { createLogger } from '#common/logging';
import { Cluster, Task, TaskStatus } from '#common/proto';
import { ClusterStore, keys } from '#common/store';
import { eventually, testVault } from '#common/testing';
import { TunnelClient, type TunnelChunk } from '#common/tunnel-proto';
import { DnsServer } from '../../apps/agent/src/dns/dns-server';
import { askByTcp, askByUdp, freePort, query } from '../../apps/agent/src/dns/testing/asking';
import { StatusServer } from '../../apps/agent/src/monitoring/status-server';
import { PortProxies } from '../../apps/agent/src/network/proxy/port-proxies';
import { aNetwork, anEndpoint, aState } from '../../apps/agent/src/network/testing/a-state';
import { runSession } from '../../apps/agent/src/session/session';
import { aParty } from '../../apps/agent/src/testing/a-party';
import { StatusReporter } from '../../apps/agent/src/worker/status-reporter';
import { HttpServer } from '../../apps/manager/src/api/http-server';
import { Router } from '../../apps/manager/src/api/http/router';
import type { RequestHandlers } from '../../apps/manager/src/api/request-handler';
import { AllowedPeers } from '../../apps/manager/src/dispatcher/allowed-peers';
import { DispatcherServer } from '../../apps/manager/src/dispatcher/dispatcher.server';
import { StatusInbox } from '../../apps/manager/src/dispatcher/status-inbox';
import { AdmissionServer } from '../../apps/manager/src/membership/admission.server';
import { FakeObjectStore } from '../../apps/manager/src/testing/fake-object-store';
import { ManagerRelay } from '../../apps/manager/src/tunnel/manager-relay';
import { TunnelServer } from '../../apps/manager/src/tunnel/tunnel.server';
import { GroupCommit } from '../../libs/common/src/store/group-commit';

const HOST = '127.0.0.1';
const logger = createLogger('test', 'silent');

/** The method that throws now; '' for none. Whatever gets past its handler fails the test: nobody else listens for it. */
let armed = '';
let thrown = 0;

function explode(): never {
  thrown++;
  throw new TypeError(`a fault in ${armed}`);
}

/** The same object, but for the method that is armed. */
function faulty<T extends object>(target: T): T {
  return new Proxy(target, {
    get(_, property) {
      if (property === armed) return explode;
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value === 'function') return value.bind(target) as unknown;
      return property === 'view' ? faulty(value as object) : value;
    },
  });
}

/** Does something while a method throws, and then sees that it did, and that what it concerned still works. */
async function survives(method: string, provoke: () => Promise<unknown>, works: () => Promise<unknown>): Promise<void> {
  await works();
  thrown = 0;
  armed = method;
  try {
    await provoke();
    await eventually(() => thrown > 0, { reason: `${method} was called` });
    // Rejections that nobody handles are reported at the end of a turn.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    armed = '';
  }
  await works();
}

const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => undefined);

describe('promise 14: a throw in one packet or request of an agent ends nothing else', () => {
  const closing: (() => void)[] = [];
  afterEach(() => closing.splice(0).forEach((close) => close()));
  const endpoints = [anEndpoint('asker', 'n1', { back: HOST }, { serviceId: 'other' })];
  const services = [{ id: 'web', name: 'web', networks: [{ networkId: 'back', virtualAddresses: ['10.1.0.2'] }] }];
  const state = aState({ networks: [aNetwork('back', '10.1.0.0/16')], services, endpoints });

  it.each(['udp', 'tcp'])('a question about a name by %s', async (transport) => {
    const port = await freePort();
    const source = faulty({ state: () => state });
    const server = new DnsServer({ nodeId: 'n1', state: () => source.state(), port, address: HOST, logger });
    await server.follow(state);
    closing.push(() => server.close());
    const ask = (): Promise<unknown> =>
      transport === 'udp' ? askByUdp(port, query('web'), HOST, 300) : askByTcp(port, query('web'));
    await survives('state', () => settled(ask()), ask);
  });

  it('a connection to a published port with the PROXY protocol', async () => {
    const [targetPort, publishedPort] = [await freePort(), await freePort()];
    const task = createServer((socket) => socket.end('served'));
    await new Promise<void>((resolve) => task.listen(targetPort, HOST, resolve));
    const host = { nodeId: 'n1', address: HOST };
    let isFaulty = false;
    const proxies = new PortProxies(
      {
        nodeId: 'n1',
        get address() {
          return isFaulty && armed === 'address' ? explode() : host.address;
        },
      },
      logger,
    );
    const port = { protocol: 'tcp', targetPort, publishedPort };
    const published = aState({
      networks: [aNetwork('ingress', '10.3.0.0/24', { ingress: true })],
      services: [{ id: 'web', ports: [{ port, proxyProtocol: 1 }] }],
      endpoints: [anEndpoint('t', 'n1', { ingress: HOST })],
    });
    await proxies.apply(published, 'ingress');
    closing.push(
      () => proxies.close(),
      () => task.close(),
    );
    isFaulty = true;
    const call = async (): Promise<void> => {
      const socket = connect(publishedPort, HOST).on('error', () => undefined);
      let said = '';
      for await (const chunk of socket) said += String(chunk);
      expect(said).toBe('served');
    };
    await survives('address', () => settled(call()), call);
  });

  it('a request for its state', async () => {
    const port = await freePort();
    const sources = faulty({ troubles: () => [] as string[] });
    const server = new StatusServer({ registry: new Registry(), troubles: () => sources.troubles(), logger });
    await server.listen(`${HOST}:${port}`);
    closing.push(() => server.close());
    const ask = (): Promise<unknown> => fetch(`http://${HOST}:${port}/readyz`);
    await survives('troubles', () => settled(ask()), ask);
  });

  it.each([
    { what: 'a message of the manager', method: 'networksChanged', messages: [{ networkChanges: { complete: true } }] },
    { what: 'a welcome', method: 'welcomed', messages: [] },
    { what: 'a redirection', method: 'redirected', messages: [{ redirect: { managerAddresses: ['h:1'] } }] },
    { what: 'a request for a tunnel', method: 'tunnelWanted', messages: [{ openTunnel: { tunnelId: 'x' } }] },
    { what: 'a removal', method: 'removed', messages: [{ removed: { clusterId: 'c' } }] },
    {
      what: 'the newest statuses',
      method: 'take',
      messages: [{ assignments: { type: 'COMPLETE', appliesTo: 0, resultsIn: 1 } }],
    },
  ])('$what', async ({ method, messages }) => {
    const server = new Server();
    server.addService(DispatcherService, {
      session: (stream: ServerDuplexStream<AgentMessage, ManagerMessage>) => {
        stream.once('data', () => {
          const welcome = { sessionId: 's', clusterId: 'c', heartbeatPeriodMs: 100, managerAddresses: [], endedClusterIds: [] };
          for (const message of [{ welcome }, ...messages]) stream.write(ManagerMessage.fromPartial(message as never));
          setTimeout(() => stream.end(), 300);
        });
        stream.on('error', () => undefined);
      },
    });
    const port = await listening(server);
    closing.push(() => server.forceShutdown());
    const statuses = new StatusReporter(0);
    statuses.report('t', TaskStatus.fromPartial({ state: TaskState.running }));
    const party = aParty();
    const whole = faulty({ ...party, statuses: faulty(statuses) });
    const session = (): Promise<unknown> => settled(runSession(`${HOST}:${port}`, whole, new AbortController().signal));
    await survives(method, session, session);
  });
});

describe('promise 14: a throw in one message of an agent or of a host that joins ends nothing else of a manager', () => {
  let store: ClusterStore;
  let dispatcher: DispatcherServer;
  let address: string;
  const stopping = new AbortController();
  const sessions: DispatcherClient[] = [];
  beforeAll(async () => {
    const objects = new FakeObjectStore();
    store = new ClusterStore(objects, logger);
    store.run(stopping.signal).catch(() => undefined);
    await store.untilSynced(5_000, stopping.signal);
    const cluster = Cluster.encode(Cluster.fromPartial({ id: newId() })).finish();
    await store.commit([], [{ kind: 'put', key: keys.cluster, value: cluster }]);
    address = `${HOST}:${await freePort()}`;
    const parts = faulty({
      cluster: () => ({ rootCertificate: '', workerSecret: 'worker', managerSecret: 'manager' }),
      letGo: () => undefined,
      onCommit: () => undefined,
      ask: () => false,
      holderOf: () => undefined,
    });
    const relay = new ManagerRelay(testVault());
    const tunnels = new TunnelServer({ ask: () => parts.ask(), holderOf: () => parts.holderOf(), relay: faulty(relay) });
    const admission = new AdmissionServer({
      cluster: () => parts.cluster(),
      ticketFor: () => Promise.reject(new Error('not asked for')),
      letGo: () => parts.letGo(),
    });
    const watched = faulty(store);
    dispatcher = new DispatcherServer({
      managerId: 'm1',
      ownAddress: HOST,
      controlPlane: () => ({ addresses: [], userAddresses: [], networks: [] }),
      store: watched,
      inbox: faulty(new StatusInbox(watched, logger, () => parts.onCommit())),
      peers: faulty(new AllowedPeers([])),
      heartbeatPeriodMs: 60_000,
      vault: testVault(),
      addServices: (server, prove) => {
        tunnels.addTo(server, prove);
        admission.addTo(server);
      },
      logger,
    });
    await dispatcher.listen(address);
  }, 30_000);
  afterEach(() => sessions.splice(0).forEach((client) => client.close()));
  afterAll(async () => {
    await dispatcher.close(100);
    stopping.abort();
  });

  /** An agent that says hello, and what it was told. */
  const hello = (): { nodeId: string; call: ClientDuplexStream<AgentMessage, ManagerMessage>; told: ManagerMessage[] } => {
    const client = new DispatcherClient(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    sessions.push(client);
    const [nodeId, call, told]: [string, ReturnType<DispatcherClient['session']>, ManagerMessage[]] = [
      newId(),
      client.session(),
      [],
    ];
    call.on('data', (message: ManagerMessage) => told.push(message)).on('error', () => undefined);
    call.write({ hello: { nodeId, advertiseAddress: '', availability: '', description: { hostname: 'n1' } } } as never);
    return { nodeId, call, told };
  };
  const welcomed = async (): Promise<ReturnType<typeof hello>> => {
    const agent = hello();
    await eventually(() => agent.told.some(({ assignments }) => assignments), { reason: 'the agent has its assignments' });
    return agent;
  };
  const aTaskOn = async (nodeId: string): Promise<string> => {
    const id = newId();
    const task = Task.fromPartial({ id, nodeId, status: { state: TaskState.assigned }, desiredState: TaskState.running });
    await store.commit([], [{ kind: 'put', key: keys.task(id), value: Task.encode(task).finish() }]);
    return id;
  };
  const report = (taskId: string): AgentMessage =>
    ({ statuses: { observations: [{ taskId, status: { state: TaskState.running } }] } }) as never;

  it.each(['allows', 'wasRemoved', 'managers', 'tasksOfNode', 'networkByName', 'isSynced', 'endedClusters'])(
    'a hello, when %s throws',
    (method) => survives(method, async () => hello(), welcomed),
  );

  it.each([
    { what: 'a status', method: 'receive', message: report('t') },
    { what: 'a status that is looked up', method: 'task', message: report('t') },
  ])('$what', async ({ method, message }) => {
    await survives(
      method,
      async () => {
        armed = '';
        const { call } = await welcomed();
        armed = method;
        call.write(message);
      },
      welcomed,
    );
  });

  it('a status that has been stored', async () => {
    let taskId = '';
    await survives(
      'onCommit',
      async () => {
        const { nodeId, call } = await welcomed();
        taskId = await aTaskOn(nodeId);
        call.write(report(taskId));
      },
      welcomed,
    );
    await eventually(() => store.view.task(taskId)?.status?.state === TaskState.running, { reason: 'it is stored all the same' });
  });

  it('a change of what a node is to do, sent at the end of a turn', async () => {
    const agent = await welcomed();
    await survives('tasksOfNode', () => aTaskOn(agent.nodeId), welcomed);
  });

  it('a look for lost nodes, by a timer', () => survives('isSynced', () => Promise.resolve(), welcomed));

  it('a listener of the view', async () => {
    const source = faulty({ listener: () => undefined });
    const stop = store.onChange(() => source.listener());
    await survives('listener', () => aTaskOn(newId()), welcomed);
    stop();
  });

  it.each([
    { what: 'a join', method: 'cluster', call: 'join' as const },
    { what: 'a leave', method: 'letGo', call: 'leave' as const },
  ])('$what', async ({ method, call }) => {
    const client = new AdmissionClient(address, credentials.createInsecure());
    const ask = (): Promise<unknown> =>
      new Promise((resolve) => {
        if (call === 'join') client.join({ nonce: Buffer.alloc(16), proof: Buffer.alloc(32) }, (error) => resolve(error));
        else client.leave({ leaveKey: Buffer.alloc(32) }, (error) => resolve(error));
      });
    await survives(method, ask, welcomed);
    client.close();
  });

  it('a connection from another manager, whose bytes are none that a manager sends', async () => {
    const client = new TunnelClient(address, credentials.createInsecure());
    const relayed = (): Promise<unknown> => {
      const metadata = new Metadata();
      metadata.set('node-id', newId());
      const call = client.relay(metadata);
      const over = new Promise((resolve) => call.on('error', resolve).on('end', resolve));
      call.once('data', () => call.write({ data: Buffer.from('no proof'), end: false }));
      return over;
    };
    await survives('accept', relayed, relayed);
    await survives('accept', relayed, welcomed);
    client.close();
  });

  it('a connection from an agent that nobody asked for', async () => {
    const client = new TunnelClient(address, credentials.createInsecure());
    const call = client.connect(new Metadata());
    await new Promise((resolve) => call.on('error', resolve));
    client.close();
    await welcomed();
  });
});

describe('promise 14: a throw in one request ends nothing else of the API', () => {
  const socketPath = join(tmpdir(), `swarmctl-promise-14-${process.pid}.sock`);
  let server: HttpServer;
  let handlers: RequestHandlers;
  const answer: RequestHandlers['request'] = (_request, response) => response.end('fine');
  beforeAll(async () => {
    handlers = { request: answer, upgrade: () => Promise.resolve() };
    const served: RequestHandlers = {
      request: (request, response) => handlers.request(request, response),
      upgrade: (...call) => handlers.upgrade(...call),
    };
    server = new HttpServer(served, logger);
    await server.listen([`unix://${socketPath}`]);
  });
  afterAll(() => server.close(0));

  const ask = (headers: Record<string, string> = {}): Promise<number> =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ socketPath, path: '/', headers, agent: false });
      request.on('response', (response) => resolve(response.resume().statusCode ?? 0));
      request.on('upgrade', (_response, socket) => resolve(socket.destroy() && 101));
      request.on('error', reject).end();
    });
  const UPGRADE = { Connection: 'Upgrade', Upgrade: 'tcp' };
  const router = new Router();
  router.add('GET', '/', () => explode());
  const late = new Router();
  late.add('GET', '/', () => Promise.reject(explodeLater()));
  const twice = new Router();
  twice.add('GET', '/', () => explode());
  twice.onError(() => explode());
  const middle = new Router();
  middle.use(() => explode());

  it.each<{ what: string; broken: Partial<RequestHandlers>; headers?: Record<string, string> }>([
    { what: 'a handler that throws', broken: { request: () => explode() } },
    { what: 'a handler that fails later', broken: { request: (() => Promise.reject(explodeLater())) as never } },
    { what: 'a route that throws', broken: { request: router.listener } },
    { what: 'a route that fails later', broken: { request: late.listener } },
    { what: 'what comes before all routes', broken: { request: middle.listener } },
    { what: 'the answer to an error', broken: { request: twice.listener } },
    {
      what: 'an answer that is written to after its end',
      broken: {
        request: (_request, response) => {
          thrown++;
          response.end('fine');
          response.write('more');
        },
      },
    },
    {
      what: 'an answer that breaks off with an error',
      broken: { request: (_request, response) => void response.destroy(explodeLater()) },
    },
    {
      what: 'a request that breaks off with an error',
      broken: { request: (request) => void request.destroy(explodeLater()) },
    },
    { what: 'an upgrade that throws', broken: { upgrade: () => explode() }, headers: UPGRADE },
    { what: 'an upgrade that fails later', broken: { upgrade: () => Promise.reject(explodeLater()) }, headers: UPGRADE },
    {
      what: 'a connection that breaks after its upgrade',
      broken: { upgrade: async (_request, socket) => void setImmediate(() => socket.destroy(explodeLater())) },
      headers: UPGRADE,
    },
  ])('$what', async ({ broken, headers }) => {
    handlers = { request: answer, upgrade: () => Promise.resolve() };
    await survives(
      'request',
      async () => {
        handlers = { ...handlers, ...broken };
        await settled(ask(headers));
        handlers = { request: answer, upgrade: () => Promise.resolve() };
      },
      async () => expect(await ask()).toBe(200),
    );
  });
});

describe('promise 14: what is joined to a stream or shared by many survives a throw', () => {
  it('a tunnel whose chunk is none', async () => {
    const call = Object.assign(new EventEmitter(), {
      write: () => true,
      pause: () => undefined,
      resume: () => undefined,
      end: () => undefined,
    }) as EventEmitter & TunnelCall;
    const tunnel = new TunnelConnection(call, () => undefined);
    tunnel.pipe(new PassThrough());
    call.emit('data', {} as TunnelChunk);
    await new Promise((resolve) => tunnel.once('close', resolve));
  });

  it('commits that wait behind one that cannot be sent', async () => {
    const objects = faulty(new FakeObjectStore());
    const commits = new GroupCommit(objects);
    const commit = (key: string): Promise<unknown> => commits.commit([], [{ kind: 'put', key, value: Buffer.from('x') }]);
    const all = (): Promise<unknown> => Promise.all(['a', 'b', 'c'].map(commit));
    await survives('commitAll', () => expect(all()).rejects.toThrow('a fault'), all);
    await survives('commit', () => expect(commit('a')).rejects.toThrow('a fault'), all);
    const poison = commits.commit([], [{ kind: 'put', key: 'p', value: undefined as never }]);
    await expect(Promise.all([poison, commit('a')])).rejects.toThrow(TypeError);
    await all();
  });
});

function explodeLater(): Error {
  thrown++;
  return new TypeError('a fault');
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.bindAsync(`${HOST}:0`, ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
  );
}
