import { TaskState } from '#common/domain';
import { createLogger } from '#common/logging';
import { Task, TaskStatus } from '#common/proto';
import { ClusterStore, EtcdStore, keys, type ObjectStore } from '#common/store';
import { eventually, PrivateEtcd } from '#common/testing';
import { aTask } from '../testing/builders';
import { StatusInbox } from './status-inbox';

const logger = createLogger('test', 'silent');
const status = (state: TaskState, err = ''): TaskStatus => TaskStatus.fromPartial({ state, err });

/** The real store, but its watch shows nothing new while the gate is closed: a manager that has fallen behind. */
class GatedStore implements ObjectStore {
  readonly maxOperations = 128;
  commits = 0;
  private opened: Promise<void> = Promise.resolve();
  private release: () => void = () => undefined;

  constructor(private readonly inner: EtcdStore) {}

  close(): void {
    this.opened = new Promise((resolve) => (this.release = resolve));
  }

  open(): void {
    this.release();
  }

  list = (prefix: string) => this.inner.list(prefix);

  commit(...args: Parameters<ObjectStore['commit']>): Promise<number> {
    this.commits++;
    return this.inner.commit(...args);
  }

  commitAll(...args: Parameters<ObjectStore['commitAll']>): ReturnType<ObjectStore['commitAll']> {
    this.commits++;
    return this.inner.commitAll(...args);
  }

  async *watch(...args: Parameters<ObjectStore['watch']>): ReturnType<ObjectStore['watch']> {
    for await (const batch of this.inner.watch(...args)) {
      await this.opened;
      yield batch;
    }
  }
}

describe('statuses on their way into etcd', () => {
  let etcd: PrivateEtcd;
  let objects: EtcdStore;
  let gated: GatedStore;
  let store: ClusterStore;
  let inbox: StatusInbox;
  let clock = new Date();
  const stopping = new AbortController();
  const stateOf = (id: string): TaskState | undefined => store.view.task(id)?.status?.state;
  const put = (task: Task): Promise<number> =>
    store.commit([], [{ kind: 'put', key: keys.task(task.id), value: Task.encode(task).finish() }]);

  beforeAll(async () => {
    etcd = await PrivateEtcd.start();
    objects = new EtcdStore({ hosts: [etcd.url], prefix: '/statuses/' });
    gated = new GatedStore(objects);
    store = new ClusterStore(gated, logger);
    void store.run(stopping.signal);
    await store.untilSynced(10_000, stopping.signal);
    inbox = new StatusInbox(
      store,
      logger,
      () => undefined,
      () => clock,
    );
  }, 30_000);
  afterAll(async () => {
    inbox.close();
    gated.open();
    stopping.abort();
    objects.close();
    await etcd.stop();
  });

  it('never put an older status over one that another manager has stored', async () => {
    await put(aTask({ id: 'a', nodeId: 'n', state: TaskState.assigned }));
    gated.close();
    const failed = TaskStatus.encode(status(TaskState.failed)).finish();
    await objects.commit([], [{ kind: 'put', key: keys.taskStatus('a'), value: failed }]);
    const { commits } = gated;
    inbox.receive('n', [{ taskId: 'a', status: status(TaskState.running) }]);
    await eventually(() => gated.commits > commits, { reason: 'the late status was tried' });
    gated.open();
    await eventually(() => stateOf('a') === TaskState.failed, { reason: 'the view catches up' });
    const [stored] = (await objects.list(keys.taskStatus('a'))).objects;
    expect(TaskStatus.decode(stored?.value ?? new Uint8Array()).state).toBe(TaskState.failed);
  });

  it('are not held up by one with megabytes to say', async () => {
    const ids = ['b', 'c', 'd'];
    for (const id of ids) await put(aTask({ id, nodeId: 'n', state: TaskState.assigned }));
    inbox.receive(
      'n',
      ids.map((taskId) => ({ taskId, status: status(TaskState.failed, taskId === 'b' ? 'x'.repeat(1_600_000) : 'no') })),
    );
    await eventually(() => ids.every((id) => stateOf(id) === TaskState.failed), { reason: 'all three are stored' });
  });

  it('carry the time at which they came, and since when the task runs, however late etcd takes them', async () => {
    await put(aTask({ id: 'e', nodeId: 'n', state: TaskState.assigned }));
    clock = new Date('2026-01-01T00:00:00.000Z');
    inbox.receive('n', [{ taskId: 'e', status: status(TaskState.running) }]);
    clock = new Date('2026-01-01T00:01:00.000Z');
    // Whether etcd has the first by now or not: it is not forgotten.
    inbox.receive('n', [{ taskId: 'e', status: status(TaskState.failed) }]);
    await eventually(() => stateOf('e') === TaskState.failed, { reason: 'the end is stored' });
    expect(store.view.task('e')?.status).toMatchObject({
      runningAt: '2026-01-01T00:00:00.000Z',
      appliedAt: '2026-01-01T00:01:00.000Z',
    });
  });

  it('are not written again when an agent repeats them', async () => {
    await put(aTask({ id: 'f', nodeId: 'n', state: TaskState.assigned }));
    inbox.receive('n', [{ taskId: 'f', status: status(TaskState.running) }]);
    await eventually(() => stateOf('f') === TaskState.running, { reason: 'it is stored' });
    const { commits } = gated;
    inbox.receive('n', [{ taskId: 'f', status: status(TaskState.running) }]);
    inbox.receive('n', [{ taskId: 'e', status: status(TaskState.running) }]);
    await put(aTask({ id: 'g', nodeId: 'n' }));
    expect(gated.commits - commits).toBe(1);
  });
});
