import { createLogger } from '#common/logging';
import { newId } from '#common/identity';
import { Cluster } from '#common/proto';
import { ClusterStore, EtcdStore, keys } from '#common/store';
import { eventually, PrivateEtcd } from '#common/testing';
import { startApi, type Answer, type RunningApi } from './testing/start-api';

const START_TIMEOUT_MS = 10_000;
/** How soon an API whose etcd is away has to say so. */
const MAX_ANSWER_MS = 2_000;

/** One manager's API over the shared etcd. */
class ManagerApi {
  private constructor(
    readonly api: RunningApi,
    private readonly objects: EtcdStore,
    private readonly stopping: AbortController,
    private readonly following: Promise<void>,
  ) {}

  static async start(etcd: PrivateEtcd): Promise<ManagerApi> {
    const objects = new EtcdStore({ hosts: [etcd.url], prefix: '/api-test/' });
    const store = new ClusterStore(objects, createLogger('test', 'silent'));
    const stopping = new AbortController();
    const following = store.run(stopping.signal);
    await store.untilSynced(START_TIMEOUT_MS, stopping.signal);
    const cluster = Cluster.encode(Cluster.fromPartial({ id: newId() })).finish();
    await store.commit([], [{ kind: 'put', key: keys.cluster, value: cluster }]);
    return new ManagerApi(await startApi(store), objects, stopping, following);
  }

  async stop(): Promise<void> {
    await this.api.close();
    this.stopping.abort();
    await this.following;
    this.objects.close();
  }

  get(path: string): Promise<Answer> {
    return this.api.request('GET', path);
  }

  create(name: string, fields: object = {}): Promise<Answer> {
    return this.api.request('POST', '/services/create', { body: spec(name, fields) });
  }

  update(name: string, version: number, fields: object): Promise<Answer> {
    return this.api.request('POST', `/services/${name}/update?version=${version}`, { body: spec(name, fields) });
  }

  async versionOf(name: string): Promise<number> {
    return ((await this.get(`/services/${name}`)).json as { Version: { Index: number } }).Version.Index;
  }
}

const spec = (name: string, fields: object) => ({ Name: name, TaskTemplate: { ContainerSpec: { Image: 'busybox' } }, ...fields });
const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort();

describe('two managers over one etcd', () => {
  let etcd: PrivateEtcd;
  let one: ManagerApi;
  let other: ManagerApi;

  beforeAll(async () => {
    etcd = await PrivateEtcd.start();
    [one, other] = await Promise.all([ManagerApi.start(etcd), ManagerApi.start(etcd)]);
  });
  afterAll(async () => {
    await Promise.all([one.stop(), other.stop()]);
    await etcd.stop();
  });
  afterEach(() => etcd.signal('SIGCONT'));

  it('each show what they have just written', async () => {
    for (let i = 0; i < 20; i++) {
      expect((await one.create(`own${i}`)).status).toBe(201);
      expect((await one.get(`/services/own${i}`)).status).toBe(200);
    }
  });

  it('give a name to one of many that ask for it at both', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 ? one : other).create('wanted')));
    expect(statuses(answers)).toEqual([201, ...Array<number>(9).fill(409)]);
  });

  it('let one of two updates of the same version through', async () => {
    await one.create('shared');
    const version = await one.versionOf('shared');
    const answers = await Promise.all([
      one.update('shared', version, { Labels: { by: 'one' } }),
      other.update('shared', version, { Labels: { by: 'other' } }),
    ]);
    expect(statuses(answers)).toEqual([200, 500]);
    expect(answers.find(({ status }) => status === 500)?.json).toEqual({
      message: 'rpc error: code = Unknown desc = update out of sequence',
    });
  });

  it('take an update of what was read at the other one a moment ago', async () => {
    await one.create('moving');
    for (let i = 0; i < 20; i++) {
      const [reader, writer] = i % 2 ? [one, other] : [other, one];
      await writer.update('moving', await writer.versionOf('moving'), { Labels: { n: `${i}` } });
      const version = await writer.versionOf('moving');
      expect(await reader.update('moving', version, { Labels: { n: `${i}+` } })).toMatchObject({ status: 200 });
    }
  });

  it('say within two seconds that etcd does not answer, and recover by themselves', async () => {
    await etcd.signal('SIGSTOP');
    await eventually(async () => (await one.get('/readyz')).status === 503, {
      reason: 'the manager notices',
      timeoutMs: MAX_ANSWER_MS,
    });
    const started = performance.now();
    const answers = await Promise.all([one.get('/services'), one.get('/services/shared'), one.create('late'), one.get('/nodes')]);
    expect(statuses(answers)).toEqual([503, 503, 503, 503]);
    expect(performance.now() - started).toBeLessThan(MAX_ANSWER_MS);
    expect((await one.get('/_ping')).status).toBe(200);

    await etcd.signal('SIGCONT');
    await eventually(async () => (await one.get('/services')).status === 200, { reason: 'the manager serves again' });
    expect((await one.create('after')).status).toBe(201);
  }, 30_000);

  it('answer a write in time when etcd stops in the middle of it', async () => {
    await etcd.signal('SIGSTOP');
    const started = performance.now();
    expect((await other.create('halfway')).status).toBe(503);
    expect(performance.now() - started).toBeLessThan(MAX_ANSWER_MS + 500);
  }, 30_000);
});
