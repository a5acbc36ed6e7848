import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EtcdStore, type Write } from '#common/store';
import { eventually, PrivateEtcd } from '#common/testing';
import { UnixHttp, type UnixReply } from '../lab/unix-http';

const MIB = 1024 * 1024;
const QUOTA_BYTES = 16 * MIB;
const MANAGER = join(__dirname, '../../dist/apps/manager/src/main.js');
const AGENT_PORT = 23_815;
const LARGE = 400 * 1024;

/** A manager process on an etcd of its own, which has little space. */
class SmallCluster {
  private log = '';

  private constructor(
    readonly etcd: PrivateEtcd,
    private readonly manager: ChildProcess,
    private readonly folder: string,
  ) {
    for (const stream of [manager.stdout, manager.stderr]) stream?.on('data', (text: Buffer) => (this.log += text.toString()));
  }

  static async start(managersQuotaBytes: number): Promise<SmallCluster> {
    const etcd = await PrivateEtcd.start(['--quota-backend-bytes', String(QUOTA_BYTES)]);
    const folder = await mkdtemp(join(tmpdir(), 'swarmctl-full-'));
    const args = [
      ...['--data-dir', join(folder, 'data'), '--etcd', etcd.url, '--etcd-quota-bytes', String(managersQuotaBytes)],
      ...['--listen', `unix://${folder}/manager.sock`, '--agent-listen', `127.0.0.1:${AGENT_PORT}`],
      ...['--auto-init', '--engine', `${folder}/no-engine.sock`],
    ];
    const manager = spawn(process.execPath, [MANAGER, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const cluster = new SmallCluster(etcd, manager, folder);
    const isUp = async (): Promise<boolean> =>
      (await cluster.readiness()).status === 'ready' &&
      (await cluster.metric('swarmctl_etcd_size_bytes')) > 0 &&
      (await cluster.send('GET', '/swarm')).status === 200;
    try {
      await eventually(isUp, { timeoutMs: 45_000, reason: 'the manager is ready, has a cluster, and has measured the space' });
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  async stop(): Promise<void> {
    // In good order: its rules of the packet filter go with it.
    const ended = once(this.manager, 'exit');
    if (this.isRunning && this.manager.kill('SIGTERM')) await ended;
    await this.etcd.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  get isRunning(): boolean {
    return this.manager.exitCode === null && this.manager.signalCode === null;
  }

  /** Lines of the manager's log with this text. */
  logged(text: string): string[] {
    return this.log.split('\n').filter((line) => line.includes(text));
  }

  send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<UnixReply> {
    return new UnixHttp(join(this.folder, 'manager.sock')).send({ method, path: `/v1.41${path}`, body });
  }

  async readiness(): Promise<{ http: number; status: string; reasons: string[] }> {
    const reply = await new UnixHttp(join(this.folder, 'manager.sock'))
      .send({ method: 'GET', path: '/readyz' })
      .catch(() => undefined);
    if (!reply) return { http: 0, status: 'silent', reasons: [] };
    return { http: reply.status, ...(JSON.parse(reply.text) as { status: string; reasons: string[] }) };
  }

  async metric(name: string): Promise<number> {
    const { text } = await new UnixHttp(join(this.folder, 'manager.sock')).send({ method: 'GET', path: '/metrics' });
    return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
  }

  async events(since: number): Promise<string[]> {
    const until = Date.now() / 1000 + 1;
    const { text } = await this.send('GET', `/events?since=${since}&until=${until}`);
    return text.split('\n').filter(Boolean);
  }

  create(name: string, replicas: number, bytes = 0): Promise<UnixReply> {
    const Env = bytes > 0 ? [`FILL=${'x'.repeat(bytes)}`] : [];
    const TaskTemplate = { ContainerSpec: { Image: 'none', Env } };
    return this.send('POST', '/services/create', { Name: name, TaskTemplate, Mode: { Replicated: { Replicas: replicas } } });
  }

  createConfig(name: string, bytes: number): Promise<UnixReply> {
    return this.send('POST', '/configs/create', { Name: name, Data: Buffer.alloc(bytes, 'x').toString('base64') });
  }

  /** How many tasks there are, of services that are gone too. */
  async tasks(): Promise<number> {
    return (JSON.parse((await this.send('GET', '/tasks')).text) as unknown[]).length;
  }
}

/** Writes past the manager until etcd refuses it. @returns the keys */
async function fillPastManager(url: string): Promise<string[]> {
  const etcd = new EtcdStore({ hosts: [url], prefix: '/others/' });
  const keys: string[] = [];
  try {
    for (;;) {
      const key = `fill${keys.length}`;
      keys.push(key);
      await etcd.commit([], [{ kind: 'put', key, value: Buffer.alloc(LARGE, keys.length) }]);
    }
  } catch (error) {
    expect(error).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  } finally {
    etcd.close();
  }
  return keys;
}

async function removePastManager(url: string, keys: readonly string[]): Promise<void> {
  const etcd = new EtcdStore({ hosts: [url], prefix: '/others/' });
  await etcd.commit(
    [],
    keys.map((key): Write => ({ kind: 'delete', key })),
  );
  etcd.close();
}

it('promise 15: refused writes stand in the way of no read, delete, watch or lease', async () => {
  const etcd = await PrivateEtcd.start(['--quota-backend-bytes', String(QUOTA_BYTES)]);
  const store = new EtcdStore({ hosts: [etcd.url], prefix: '/refused/' });
  const stopping = new AbortController();
  try {
    const lease = await store.grantLease(5);
    const put = (key: string): Write => ({ kind: 'put', key, value: Buffer.from('x'), lease: lease.id });
    const revision = await store.commit([], [put('leased')]);
    await fillPastManager(etcd.url);
    for (let i = 0; i < 10; i++) {
      await expect(store.commit([], [put(`refused${i}`)])).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
      await lease.keepAlive();
      expect((await store.list('')).objects).toHaveLength(1);
    }
    await store.commit([], [{ kind: 'delete', key: 'leased' }]);
    for await (const { events } of store.watch('', revision, stopping.signal)) {
      expect(events).toMatchObject([{ kind: 'delete', key: 'leased' }]);
      break;
    }
  } finally {
    stopping.abort();
    store.close();
    await etcd.stop();
  }
}, 30_000);

describe('promise 15: a full etcd stops nothing but creates, and recovers by itself', () => {
  let running: SmallCluster | undefined;
  const start = async (quotaBytes: number): Promise<SmallCluster> => (running = await SmallCluster.start(quotaBytes));
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });

  it('refuses with the numbers what would fill it, long before etcd itself refuses anything', async () => {
    const cluster = await start(QUOTA_BYTES);
    expect(await cluster.metric('swarmctl_etcd_quota_bytes')).toBe(QUOTA_BYTES);
    const wide = await cluster.create('wide', 1_000, 100_000);
    expect(wide).toMatchObject({
      status: 503,
      text: expect.stringMatching(/service wide .*1000 tasks × \(10\d{4} bytes.*free.*16\.0 MiB/),
    });
    const replies: UnixReply[] = [];
    for (let i = 0; i < 60; i++) replies.push(await cluster.createConfig(`fill${i}`, LARGE));
    const refused = replies.filter(({ status }) => status !== 201);
    expect(refused.length).toBeGreaterThan(10);
    for (const reply of refused) {
      expect(reply).toMatchObject({
        status: 503,
        text: expect.stringMatching(/config fill\d+ does not fit.*quota of 16\.0 MiB/),
      });
    }
    expect(await cluster.readiness()).toMatchObject({ http: 200, status: 'ready', reasons: [] });
    expect(await cluster.metric('swarmctl_etcd_full')).toBe(0);
    for (const [i, { status }] of replies.entries()) {
      if (status === 201) expect(await cluster.send('DELETE', `/configs/fill${i}`)).toMatchObject({ status: 204 });
    }
    await eventually(async () => (await cluster.createConfig('again', LARGE)).status === 201, {
      timeoutMs: 30_000,
      reason: 'there is room again',
    });
  }, 90_000);

  it.each([
    { name: 'the quota that it has', told: QUOTA_BYTES, creates: 8 },
    // It finds out by the alarm, which comes and goes until it knows better.
    { name: 'another quota', told: 1024 * MIB, creates: 0 },
  ])(
    'goes on while it is full, and recovers once something is removed, when the manager was told of $name',
    async ({ told, creates }) => {
      const cluster = await start(told);
      const since = Math.floor(Date.now() / 1000);
      expect((await cluster.create('kept', 2)).status).toBe(201);
      expect((await cluster.create('large', 4, 100_000)).status).toBe(201);
      expect((await cluster.send('POST', '/networks/create', { Name: 'net', Driver: 'overlay' })).status).toBe(201);
      expect((await cluster.createConfig('conf', 1_000)).status).toBe(201);
      await eventually(async () => (await cluster.tasks()) === 6, { timeoutMs: 30_000, reason: 'there are tasks' });
      const keys = await fillPastManager(cluster.etcd.url);

      await eventually(async () => (await cluster.readiness()).status === 'degraded', {
        timeoutMs: 30_000,
        reason: 'the manager notices',
      });
      expect(await cluster.readiness()).toMatchObject({
        http: 200,
        reasons: [expect.stringMatching(/NOSPACE.*remove services/)],
      });
      expect(await cluster.metric('swarmctl_etcd_full')).toBe(1);
      expect(await cluster.events(since)).toContainEqual(expect.stringContaining('"Action":"store-full"'));
      const refusals = await Promise.all(Array.from({ length: creates }, (_, i) => cluster.create(`refused${i}`, 1)));
      for (const refusal of refusals)
        expect(refusal).toMatchObject({ status: 503, text: expect.stringMatching(/NOSPACE.*remove services|does not fit/) });

      expect((await cluster.send('DELETE', '/services/large')).status).toBe(200);
      expect((await cluster.send('DELETE', '/networks/net')).status).toBe(204);
      expect((await cluster.send('DELETE', '/configs/conf')).status).toBe(204);
      await eventually(async () => (await cluster.tasks()) === 2, { timeoutMs: 30_000, reason: 'its tasks are removed' });

      await removePastManager(cluster.etcd.url, keys);
      await eventually(async () => (await cluster.readiness()).status === 'ready', { timeoutMs: 30_000, reason: 'it recovers' });
      await eventually(async () => (await cluster.create('new', 1)).status === 201, {
        timeoutMs: 30_000,
        reason: 'creates work again',
      });
      expect(await cluster.events(since)).toContainEqual(expect.stringContaining('"Action":"store-recovered"'));
      expect(await cluster.metric('swarmctl_etcd_size_bytes')).toBeLessThan(QUOTA_BYTES);
      expect(cluster.isRunning).toBe(true);
      expect(cluster.logged('lost sight of etcd')).toEqual([]);
      expect(cluster.logged('no longer leader')).toEqual([]);
      expect(cluster.logged('lease was not renewed')).toEqual([]);
    },
    60_000,
  );
});
