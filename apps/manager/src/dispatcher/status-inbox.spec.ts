import { TaskState } from '#common/domain';
import { newId } from '#common/identity';
import { createLogger } from '#common/logging';
import { Task, TaskStatus } from '#common/proto';
import { ClusterStore, keys } from '#common/store';
import { eventually } from '#common/testing';
import { aTask } from '../testing/builders';
import { FakeObjectStore } from '../testing/fake-object-store';
import { StatusInbox } from './status-inbox';

const [LOUD, OTHER] = [newId(), newId()];
const CJK = '\u6f22'.repeat(4_096);

describe("one node's statuses do not hold up another's", () => {
  let objects: FakeObjectStore;
  let store: ClusterStore;
  let inbox: StatusInbox;
  let lines: { nodeId: string; msg: string }[];
  let stopping: AbortController;
  beforeEach(async () => {
    stopping = new AbortController();
    lines = [];
    const logger = createLogger('test', 'warn', { write: (line) => void lines.push(JSON.parse(line)) });
    objects = new FakeObjectStore();
    store = new ClusterStore(objects, logger);
    void store.run(stopping.signal);
    await store.untilSynced(5_000, stopping.signal);
    inbox = new StatusInbox(store, logger, () => undefined);
  });
  afterEach(() => {
    inbox.close();
    stopping.abort();
  });

  const place = async (nodeId: string, count: number): Promise<string[]> => {
    const tasks = Array.from({ length: count }, () => aTask({ id: newId(), nodeId, state: TaskState.assigned }));
    await store.commit(
      [],
      tasks.map((task) => ({ kind: 'put' as const, key: keys.task(task.id), value: Task.encode(task).finish() })),
    );
    return tasks.map(({ id }) => id);
  };
  const report = (nodeId: string, ids: readonly string[], fields: object): void =>
    inbox.receive(
      nodeId,
      ids.map((taskId) => ({ taskId, status: TaskStatus.fromPartial({ state: TaskState.running, ...fields }) })),
    );
  const run = (ids: readonly string[]): boolean => ids.every((id) => store.view.task(id)?.status?.state === TaskState.running);

  const ports = (count: number, name: string): object => ({
    portStatus: {
      ports: Array.from({ length: count }, () => ({
        name,
        protocol: 'tcp',
        targetPort: 80,
        publishedPort: 80,
        publishMode: 'host',
      })),
    },
  });

  it.each([
    { what: 'long texts of many bytes a character', fields: { message: CJK, err: CJK } },
    { what: 'as many ports as are taken, and long texts', fields: { message: CJK, err: CJK, ...ports(112, 'x'.repeat(255)) } },
  ])('with $what', async ({ fields }) => {
    const [loud, other] = [await place(LOUD, 64), await place(OTHER, 1)];
    report(LOUD, loud, fields);
    report(OTHER, other, {});
    await eventually(() => run([...loud, ...other]), { reason: 'all are stored' });
    expect(lines).toEqual([]);
  });

  it('when etcd takes less than is believed: what is too large by itself is dropped and counted', async () => {
    const [loud, other] = [await place(LOUD, 2), await place(OTHER, 60)];
    objects.maxRequestBytes = 6_000;
    report(LOUD, loud, { message: CJK, err: CJK });
    report(OTHER, other, { message: 'x'.repeat(500) });
    await eventually(() => run(other), { reason: 'the others are stored' });
    await eventually(() => inbox.dropped.get('too large for etcd') === 2, { reason: 'those are dropped' });
    expect(run(loud.slice(0, 1))).toBe(false);
    expect(lines.map(({ nodeId, msg }) => [nodeId, msg])).toEqual([[LOUD, 'a status is dropped: it is too large for etcd']]);
  });

  it('with ports of too many bytes, which are refused by name', async () => {
    const loud = await place(LOUD, 1);
    report(LOUD, loud, ports(230, 'x'.repeat(255)));
    expect(inbox.dropped.get('unreadable')).toBe(1);
    expect(lines).toMatchObject([{ nodeId: LOUD, reason: expect.stringContaining('status.portStatus.ports: ') }]);
  });

  it('in the log: a node has one line in a while, whatever it reports', async () => {
    const [loud, other] = [await place(LOUD, 3), await place(OTHER, 1)];
    for (let i = 0; i < 100; i++) report(LOUD, loud, { containerStatus: { containerId: 'x' } });
    report(OTHER, other, { containerStatus: { containerId: 'x' } });
    expect(inbox.dropped.get('unreadable')).toBe(301);
    expect(lines.map(({ nodeId }) => nodeId)).toEqual([LOUD, OTHER]);
  });
});
