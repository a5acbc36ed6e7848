import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { EngineProxy } from '../../apps/manager/src/api/engine/engine-proxy';
import type { Engines } from '../../apps/manager/src/api/engine/engines';
import { ExecPlaces } from '../../apps/manager/src/api/engine/exec-places';
import { StatusInbox } from '../../apps/manager/src/dispatcher/status-inbox';
import { aTask } from '../../apps/manager/src/testing/builders';
import { FakeObjectStore } from '../../apps/manager/src/testing/fake-object-store';
import { TaskState } from '#common/domain';
import { newId } from '#common/identity';
import { createLogger } from '#common/logging';
import { Task, TaskStatus } from '#common/proto';
import { ClusterStore, keys } from '#common/store';
import { eventually } from '#common/testing';

const logger = createLogger('test', 'silent');
const [N1, N2, N3] = [newId(), newId(), newId()];
const ID = { host: `ab12${'0'.repeat(60)}`, other: `ab34${'1'.repeat(60)}`, free: 'f'.repeat(64) };
const NOW = new Date('2026-06-01T00:00:00.000Z');

describe('promise 8: what a node claims of tasks is believed of its own tasks and containers alone', () => {
  let store: ClusterStore;
  let inbox: StatusInbox;
  const stopping = new AbortController();
  beforeEach(async () => {
    store = new ClusterStore(new FakeObjectStore(), logger);
    void store.run(stopping.signal);
    await store.untilSynced(5_000, stopping.signal);
    inbox = new StatusInbox(
      store,
      logger,
      () => undefined,
      () => NOW,
    );
  });
  afterEach(() => inbox.close());
  afterAll(() => stopping.abort());

  const place = async (nodeId: string, containerId = ''): Promise<string> => {
    const task = aTask({ id: newId(), nodeId, state: TaskState.running });
    const status = { ...task.status, containerStatus: { containerId } } as TaskStatus;
    await store.commit([], [{ kind: 'put', key: keys.task(task.id), value: Task.encode({ ...task, status }).finish() }]);
    return task.id;
  };
  const report = (nodeId: string, taskId: string, fields: object): void =>
    inbox.receive(nodeId, [{ taskId, status: TaskStatus.fromPartial({ state: TaskState.running, ...fields }) }]);
  const containerOf = (taskId: string): string => store.view.task(taskId)?.status?.containerStatus?.containerId ?? '';

  it('a container that another node has reported stays that node’s', async () => {
    await place(N1, ID.host);
    const own = await place(N3);
    report(N3, own, { containerStatus: { containerId: ID.host } });
    report(N3, own, { containerStatus: { containerId: ID.free } });
    await eventually(() => containerOf(own) === ID.free, { reason: 'what is right is taken' });
    expect(inbox.dropped.get("another node's container")).toBe(1);
    expect(store.view.tasksWithContainer(ID.host).map(({ nodeId }) => nodeId)).toEqual([N1]);
  });

  it.each([
    { why: "another node's task", nodeId: N3, fields: {} },
    { why: 'step backwards', nodeId: N2, fields: { state: TaskState.preparing } },
    { why: 'unreadable', nodeId: N2, fields: { containerStatus: { containerId: '../../images/json' } } },
    { why: 'unreadable', nodeId: N2, fields: { containerStatus: { containerId: ID.free.slice(1) } } },
    { why: 'unreadable', nodeId: N2, fields: { containerStatus: { containerId: ID.free, exitCode: 2 ** 40 } } },
    { why: 'unreadable', nodeId: N2, fields: { portStatus: { ports: [{ publishedPort: 70_000 }] } } },
    {
      why: 'unreadable',
      nodeId: N2,
      fields: { portStatus: { ports: Array.from({ length: 2_000 }, () => ({ targetPort: 1 })) } },
    },
    { why: 'unreadable', nodeId: N2, fields: { engineEndpoints: { list: [{ networkId: 'x', engineNetwork: '../x' }] } } },
    {
      why: 'unreadable',
      nodeId: N2,
      fields: { engineEndpoints: { list: [{ networkId: 'x', engineNetwork: 'x', gateway: 'x' }] } },
    },
  ] as const)('a status is dropped and counted: $why $fields', async ({ why, nodeId, fields }) => {
    const id = await place(N2);
    report(nodeId, id, fields);
    expect([...inbox.dropped]).toEqual([[why, 1]]);
  });

  it('words are shortened and lose what terminals act on; a time that is yet to come is the manager’s', async () => {
    const id = await place(N2);
    report(N2, id, { err: `\u001b[2J${'x'.repeat(1_000_000)}`, timestamp: '2999-01-01T00:00:00Z' });
    await eventually(() => (store.view.task(id)?.status?.err ?? '') !== '', { reason: 'the status is stored' });
    const { err = '', timestamp } = store.view.task(id)?.status ?? {};
    expect(err).toHaveLength(4_096);
    expect(err).not.toContain('\u001b');
    expect(timestamp).toBe(NOW.toISOString());
  });

  describe('a request about a container', () => {
    const engines: { server: Server; asked: string[] }[] = [];
    /** Answers for its containers, by the beginning of their ids, as an engine does. */
    const anEngine = async (
      ids: readonly string[],
      names: Readonly<Record<string, string>> = {},
    ): Promise<{ port: number; asked: string[] }> => {
      const asked: string[] = [];
      const server = createServer((request, response) => {
        asked.push(request.url ?? '');
        const name = (request.url ?? '').split('/')[2] ?? '';
        const Id = names[name] ?? ids.find((id) => id.startsWith(name));
        response.writeHead(Id ? 200 : 404).end(JSON.stringify(Id ? { Id } : { message: 'No such container' }));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      engines.push({ server, asked });
      return { port: (server.address() as AddressInfo).port, asked };
    };
    afterEach(() => engines.splice(0).forEach(({ server }) => server.close()));

    /** A manager's API that only passes requests on. @returns the status, and which engine answered at last */
    const ask = async (path: string, hostIds: readonly string[], hostNames = {}): Promise<string> => {
      const [host, other] = [await anEngine(hostIds, hostNames), await anEngine([ID.host, ID.other])];
      const ways: Engines = {
        connect: (to) => Promise.resolve(connect(to === 'host' ? host.port : other.port, '127.0.0.1')),
      };
      const proxy = new EngineProxy(ways, () => store.view);
      const server = createServer((request, response) => {
        proxy
          .forward(request, response, request.url ?? '')
          .catch((error: Error) => response.writeHead(400).end(JSON.stringify({ message: error.message })));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
      const text = await answer.text();
      server.close();
      if (answer.status === 400) return text;
      return other.asked.length > 0 ? 'other' : 'host';
    };

    it.each([
      {
        name: 'goes to the own engine if that has it, whatever a node says',
        path: ID.host,
        claimed: [ID.host],
        answered: 'host',
      },
      { name: 'goes to the node that has it', path: ID.other, claimed: [ID.other], answered: 'other' },
      { name: 'goes there by the beginning of the id, too', path: 'ab34', claimed: [ID.other], answered: 'other' },
    ])('$name', async ({ path, claimed, answered }) => {
      for (const id of claimed) await place(N2, id);
      await eventually(() => claimed.every((id) => store.view.tasksWithContainer(id).length > 0), {
        reason: 'the view has them',
      });
      expect(await ask(`/containers/${path}/json`, [ID.host])).toBe(answered);
    });

    it.each([
      { what: 'the own engine and a node', wanted: 'abcd', ids: [`abcd${'2'.repeat(60)}`], own: [`abcd${'3'.repeat(60)}`] },
      { what: 'two nodes', wanted: 'abcd', ids: [`abcd${'2'.repeat(60)}`, `abcd${'3'.repeat(60)}`], own: [] },
    ])('is refused when the beginning of its id means containers of $what', async ({ wanted, ids, own }) => {
      for (const id of ids) await place(N2, id);
      await eventually(() => ids.every((id) => store.view.tasksWithContainer(id).length > 0), { reason: 'the view has them' });
      expect(await ask(`/containers/${wanted}/json`, own)).toContain('Multiple IDs found with provided prefix: abcd');
    });

    it.each([
      { what: 'one container', ids: [`abcd${'2'.repeat(60)}`] },
      { what: 'several containers', ids: [`abcd${'2'.repeat(60)}`, `abcd${'3'.repeat(60)}`] },
    ])('goes to the own engine for what is called so there, though ids of $what elsewhere begin so', async ({ ids }) => {
      for (const id of ids) await place(N2, id);
      await eventually(() => ids.every((id) => store.view.tasksWithContainer(id).length > 0), { reason: 'the view has them' });
      expect(await ask('/containers/abcd/json', [], { abcd: ID.host })).toBe('host');
    });

    it('a process keeps its engine, whoever else names its id', () => {
      const places = new ExecPlaces();
      places.remember(ID.free, 'host');
      places.remember(ID.free, { nodeId: N3 });
      places.remember('../containers', { nodeId: N3 });
      expect([places.of(ID.free), places.of('../containers')]).toEqual(['host', 'host']);
    });
  });
});
