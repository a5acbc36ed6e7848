import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { LabCluster } from '../lab/cluster';
import { Lab } from '../lab/lab';

const TELLS = 'sealing-keys.json';

describe('promise 17: a manager without the cluster’s sealing keys takes no part in it', () => {
  let lab: Lab;
  let cluster: LabCluster;
  beforeAll(async () => {
    lab = await Lab.up({ name: 'keyless', hosts: ['n1', 'n2'] });
    // Each manager makes sealing keys of its own at its first start: those of n2 are the wrong ones.
    cluster = await LabCluster.create(lab, { managers: ['n1', 'n2'], extraArgs: { manager: ['--no-auto-init'] } });
    for (const host of ['n1', 'n2']) cluster.start('etcd', host);
    for (const host of ['n1', 'n2']) cluster.start('manager', host);
    for (const host of ['n1', 'n2']) await until(host, 200);
  }, 120_000);
  afterAll(() => lab?.down());

  const readyz = async (host: string): Promise<{ status: number; text: string }> =>
    cluster.managerApi(host).send({ path: '/readyz', timeoutMs: 2_000 });
  const until = (host: string, status: number): Promise<unknown> =>
    eventually(async () => expect((await readyz(host)).status).toBe(status), {
      reason: `${host} answers /readyz with ${status}`,
      timeoutMs: 30_000,
    });
  const announced = async (): Promise<number> =>
    (await cluster.etcdctl('n1', 'get', '/swarmctl/managers/', '--prefix', '--keys-only')).split('\n').filter(Boolean).length;
  const leader = (): Promise<string> => cluster.etcdctl('n1', 'get', '/swarmctl/leader', '--keys-only');

  it('drops out when another manager makes a cluster with other keys, and says why', async () => {
    const body = { AdvertiseAddr: lab.host('n1').address, ListenAddr: '0.0.0.0:2377' };
    await cluster.managerApi('n1').json({ method: 'POST', path: '/v1.41/swarm/init', body });
    await until('n2', 503);
    expect((await readyz('n2')).text).toContain(TELLS);
    await eventually(async () => (await announced()) === 1, { reason: 'n1 alone is announced', timeoutMs: 15_000 });
    expect(lab.host('n2').process('manager')?.logTail()).toContain(TELLS);
  }, 60_000);

  it.each([
    ['POST', '/v1.41/services/create', { Name: 'x', TaskTemplate: { ContainerSpec: { Image: 'busybox' } } }],
    ['POST', '/v1.41/secrets/create', { Name: 's', Data: 'eA==' }],
    ['POST', '/v1.41/swarm/leave?force=1', undefined],
    ['GET', '/v1.41/services', undefined],
    ['GET', '/v1.41/swarm', undefined],
    ['GET', '/v1.41/nodes', undefined],
  ] as const)('answers %s %s with 503 and the reason', async (method, path, body) => {
    const { status, text } = await cluster.managerApi('n2').send({ method, path, body });
    expect([status, text]).toEqual([503, expect.stringContaining(TELLS)]);
  });

  it('gets no agents: those that ask it first go on to the others', async () => {
    for (const host of ['n2', 'n1']) cluster.start('agent', host);
    await eventually(async () => expect((await cluster.nodes()).map(({ Status }) => Status?.State)).toEqual(['ready', 'ready']), {
      reason: 'both nodes are ready',
      timeoutMs: 30_000,
    });
    const kept = await cluster.etcdctl('n1', 'get', '/swarmctl/node-status/', '--prefix');
    const own = await cluster.managerApi('n2').json<{ Swarm: { Error: string } }>({ path: '/info' });
    expect([own.Swarm.Error.includes(TELLS), kept.includes('n2')]).toEqual([true, true]);
    expect(await announced()).toBe(1);
  }, 60_000);

  it('does not lead, however long there is no leader, nor after a restart', async () => {
    await cluster.kill('manager', 'n1');
    await eventually(async () => (await announced()) === 0 && (await leader()) === '', {
      reason: 'the leases of n1 have run out',
      timeoutMs: 20_000,
    });
    await cluster.kill('manager', 'n2');
    cluster.start('manager', 'n2');
    await eventually(async () => (await readyz('n2')).text.includes(TELLS), { reason: 'n2 is back', timeoutMs: 20_000 });
    expect([await announced(), await leader()]).toEqual([0, '']);
  }, 60_000);

  it('takes part as soon as it has the right keys', async () => {
    const file = (host: string): string => join(lab.host(host).dataDir, 'manager', 'sealing-keys.json');
    await copyFile(file('n1'), file('n2'));
    await until('n2', 200);
    await eventually(async () => (await leader()) !== '' && (await announced()) === 1, { reason: 'n2 leads', timeoutMs: 20_000 });
  }, 60_000);
});
