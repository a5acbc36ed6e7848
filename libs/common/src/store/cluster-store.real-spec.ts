import { createLogger } from '#common/logging';
import { eventually, PrivateEtcd } from '#common/testing';
import { isCode } from '../errors';
import { Service } from '../proto';
import { ClusterStore } from './cluster-store';
import { EtcdStore } from './etcd-store';
import { keys } from './keys';
import type { Write } from './object-store';

const logger = createLogger('test', 'silent');

function aService(id: string, name = id): Write {
  const service = Service.fromPartial({ id, spec: { name } });
  return { kind: 'put', key: keys.service(id), value: Service.encode(service).finish() };
}

describe('the store over a real etcd', () => {
  let etcd: PrivateEtcd;
  let objects: EtcdStore;
  let store: ClusterStore;
  let stopping: AbortController;
  let running: Promise<void>;

  const follow = async (): Promise<void> => {
    objects = new EtcdStore({ hosts: [etcd.url], prefix: '/test/' });
    store = new ClusterStore(objects, logger);
    stopping = new AbortController();
    running = store.run(stopping.signal);
    await store.untilSynced(10_000, stopping.signal);
  };

  beforeAll(async () => {
    etcd = await PrivateEtcd.start();
  });
  beforeEach(follow);
  afterEach(async () => {
    await etcd.signal('SIGCONT');
    stopping.abort();
    await running;
    objects.close();
  });
  afterAll(() => etcd.stop());

  it('reads what it has just written', async () => {
    const revision = await store.commit([], [aService('own')]);
    expect(store.view.service('own')?.version?.index).toBe(revision);
  });

  it('refuses a commit whose guard no longer holds, and writes nothing of it', async () => {
    const revision = await store.commit([], [aService('guarded', 'first')]);
    await store.commit([], [aService('guarded', 'second')]);
    const stale = store.commit([{ key: keys.service('guarded'), modRevision: revision }], [aService('guarded', 'third')]);
    await expect(stale).rejects.toMatchObject({ code: 'ABORTED' });
    expect(store.view.service('guarded')?.spec?.name).toBe('second');
  });

  it('makes or refuses each of many commits that come at once by itself', async () => {
    await store.commit([], [aService('there')]);
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, i) => {
        const key = keys.service(i % 4 === 0 ? 'there' : `new${i}`);
        return store.commit([{ key, createRevision: 0 }], [aService(`at-once${i}`)]).then(
          () => true,
          (error: unknown) => isCode(error, 'ABORTED') && false,
        );
      }),
    );
    expect(outcomes).toEqual(outcomes.map((_, i) => i % 4 !== 0));
    expect(outcomes.map((_, i) => store.view.service(`at-once${i}`) !== undefined)).toEqual(outcomes);
  });

  it('lists more objects than fit a page', async () => {
    const writes = Array.from({ length: 600 }, (_, i) => aService(`many${i}`));
    while (writes.length > 0) await store.commit([], writes.splice(0, store.maxOperations));
    const listed = await objects.list('services/many');
    expect(listed.objects).toHaveLength(600);
  });

  it('refuses a transaction that is too large without losing its connection', async () => {
    const large: Write = { kind: 'put', key: 'services/large', value: new Uint8Array(2 * 1024 * 1024) };
    await expect(store.commit([], [large])).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await store.commit([], [aService('afterwards')]);
    expect(store.view.service('afterwards')).toBeDefined();
  });

  it('answers within two seconds while etcd is frozen, and recovers by itself', async () => {
    await etcd.signal('SIGSTOP');
    const startedAt = performance.now();
    await expect(store.commit([], [aService('frozen')])).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await eventually(() => !store.isSynced(), { reason: 'a frozen etcd is noticed' });
    await etcd.signal('SIGCONT');
    await eventually(() => store.commit([], [aService('thawed')]), { reason: 'commits work again' });
    expect(store.view.service('thawed')).toBeDefined();
  });

  it('goes on from where it was when it could not connect for a while, without listing everything again', async () => {
    await store.commit([], [aService('kept')]);
    const list = jest.spyOn(objects, 'list');
    await etcd.signal('SIGKILL');
    await eventually(() => !store.isSynced(), { reason: 'the loss is noticed' });
    await expect(store.commit([], [aService('refused')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await etcd.resume();
    await eventually(() => store.commit([], [aService('accepted')]), { reason: 'commits work again' });
    expect(list).not.toHaveBeenCalled();
  });

  it('goes on after etcd was killed and started again, without missing a change', async () => {
    await store.commit([], [aService('before')]);
    await etcd.signal('SIGKILL');
    await eventually(() => !store.isSynced(), { reason: 'the loss is noticed' });
    await etcd.resume();
    const other = new EtcdStore({ hosts: [etcd.url], prefix: '/test/' });
    await eventually(() => other.commit([], [aService('meanwhile')]), { reason: 'etcd takes writes' });
    other.close();
    await eventually(() => store.view.service('meanwhile') !== undefined, { reason: 'the view catches up' });
    expect(store.view.service('before')).toBeDefined();
  });

  it('lists again when the history that it missed was compacted', async () => {
    const early = await store.commit([], [aService('old')]);
    await compact(etcd.url, await objects.commit([], [{ kind: 'delete', key: keys.service('old') }, aService('missed')]));
    let lists = 0;
    const late = new ClusterStore(
      {
        maxOperations: objects.maxOperations,
        commit: (guards, writes) => objects.commit(guards, writes),
        commitAll: (commits) => objects.commitAll(commits),
        list: (prefix) => (lists++, objects.list(prefix)),
        // The first watch asks for history that is gone, as after a long absence.
        watch: (prefix, after, signal) => objects.watch(prefix, lists === 1 ? early - 1 : after, signal),
      },
      logger,
    );
    const following = late.run(stopping.signal);
    await eventually(() => lists === 2 && late.isSynced(), { reason: 'the view is listed anew' });
    expect(late.view.service('missed')).toBeDefined();
    expect(late.view.service('old')).toBeUndefined();
    stopping.abort();
    await following;
  });

  it('lists and follows however much there is', async () => {
    const before = await store.commit([], [aService('first')]);
    const large = (i: number): Write => ({ kind: 'put', key: `service-names/large${i}`, value: new Uint8Array(150 * 1024) });
    for (let i = 0; i < 260; i += 5)
      await objects.commit(
        [],
        [0, 1, 2, 3, 4].map((k) => large(i + k)),
      );
    expect((await objects.list('service-names/')).objects).toHaveLength(260);
    let events = 0;
    for await (const batch of objects.watch('service-names/', before, stopping.signal)) {
      events += batch.events.length;
      if (events === 260) break;
    }
    for (let i = 0; i < 260; i++) await objects.commit([], [{ kind: 'delete', key: `service-names/large${i}` }]);
  }, 60_000);

  it.each([
    ['large ones and small ones', [127, 1, 2, 128, 64]],
    ['many', Array.from({ length: 130 }, () => 6)],
    ['more small ones than etcd takes at once', Array.from({ length: 200 }, () => 1)],
  ])('makes all commits that come at once: %s', async (_, widths) => {
    const keysOf = (commit: number, width: number): string[] =>
      Array.from({ length: width }, (__, each) => `service-names/at-once.${commit}.${each}`);
    const commits = widths.map((width, index) =>
      store.commit(
        keysOf(index, width).map((key) => ({ key, createRevision: 0 })),
        keysOf(index, width).map((key): Write => ({ kind: 'put', key, value: new Uint8Array() })),
      ),
    );
    expect((await Promise.allSettled(commits)).filter(({ status }) => status === 'rejected')).toEqual([]);
    const all = widths.flatMap((width, index) => keysOf(index, width));
    expect((await objects.list('service-names/at-once.')).objects).toHaveLength(all.length);
    await Promise.all(all.map((key) => store.commit([], [{ kind: 'delete', key }])));
  });

  it('leaves a value out that cannot be read, and shows the others', async () => {
    await store.commit([], [aService('good'), { kind: 'put', key: keys.service('bad'), value: Buffer.from([255, 255, 255]) }]);
    expect(store.view.service('good')).toBeDefined();
    expect(store.view.service('bad')).toBeUndefined();
    await objects.commit([], [{ kind: 'delete', key: keys.service('bad') }]);
  });

  it('shows what there is, not what there was, when etcd is back with less', async () => {
    await store.commit([], [aService('lost')]);
    for (let i = 0; i < 20; i++) await store.commit([], [aService('often')]);
    await etcd.replace();
    await eventually(() => store.isSynced() && store.view.services().length === 0, { reason: 'the view is empty too' });
    await eventually(() => store.commit([], [aService('fresh')]), { reason: 'commits work' });
    expect(store.view.services().map(({ id }) => id)).toEqual(['fresh']);
  });

  it('ends keys with their lease', async () => {
    const lease = await objects.grantLease(2);
    await store.commit([], [{ ...aService('leased'), lease: lease.id } as Write]);
    await lease.keepAlive();
    await lease.revoke();
    await eventually(() => store.view.service('leased') === undefined, { reason: 'the key is gone' });
    await expect(lease.keepAlive()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

/** etcd's own HTTP gateway: what an operator's compaction does. */
async function compact(url: string, revision: number): Promise<void> {
  const response = await fetch(`${url}/v3/kv/compaction`, {
    method: 'POST',
    body: JSON.stringify({ revision: String(revision), physical: true }),
  });
  expect(response.status).toBe(200);
}
