import { X509Certificate } from 'node:crypto';
import { DEFAULT_SUBNET_POOL, NANOS_PER_SECOND } from '#common/domain';
import { createLogger } from '#common/logging';
import { ManagerPresence, SwarmInitRequest, SwarmSpec, type Cluster } from '#common/proto';
import { ClusterStore, keys } from '#common/store';
import { testVault } from '#common/testing';
import { FakeObjectStore } from '../testing/fake-object-store';
import { SwarmMembership } from './swarm-membership';

let objects: FakeObjectStore;
let store: ClusterStore;
let membership: SwarmMembership;
let stopped: AbortController;

beforeEach(async () => {
  objects = new FakeObjectStore();
  store = new ClusterStore(objects, createLogger('test', 'silent'));
  stopped = new AbortController();
  void store.run(stopped.signal);
  await store.untilSynced(2_000, stopped.signal);
  membership = new SwarmMembership({ store, objects, vault: testVault(), defaultPool: DEFAULT_SUBNET_POOL });
});
afterEach(() => stopped.abort());

const init = (fields: object = {}): Promise<void> => membership.init(SwarmInitRequest.fromPartial(fields));
const cluster = (): Cluster => {
  const found = store.view.cluster();
  if (!found) throw new Error('there is no cluster');
  return found;
};
const update = (spec: object, rotations: object = {}, version = cluster().version?.index ?? 0): Promise<void> =>
  membership.update(version, SwarmSpec.fromPartial(spec), { workerToken: false, managerToken: false, ...rotations });

describe('a cluster', () => {
  it('is made with Docker’s defaults, an ingress network, and tokens that name its root certificate', async () => {
    await init();
    expect(cluster()).toMatchObject({
      spec: { name: 'default', orchestration: { taskHistoryRetentionLimit: 5 }, dispatcher: { heartbeatPeriod: 5e9 } },
      defaultAddrPool: [...DEFAULT_SUBNET_POOL.bases],
    });
    expect(store.view.networkByName('ingress')).toBeDefined();
    const { worker, manager } = membership.tokens();
    expect(worker).toMatch(/^SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}$/);
    expect(manager.slice(0, -25)).toBe(worker.slice(0, -25));
    expect(manager).not.toBe(worker);
    const root = new X509Certificate(cluster().rootCertificate);
    expect([root.subject, root.ca, root.verify(root.publicKey)]).toEqual(['CN=swarm-ca', true, true]);
    expect(Buffer.from(membership.trust().publicKey, 'base64')).toEqual(root.publicKey.export({ type: 'spki', format: 'der' }));
  });

  it('keeps neither its tokens nor its key where they can be read', async () => {
    await init();
    const { worker } = membership.tokens();
    const stored = (await objects.list('')).objects.map(({ value }) => Buffer.from(value).toString('latin1')).join();
    expect(stored).not.toContain(worker.slice(-25));
    expect(stored).not.toContain('PRIVATE KEY');
  });

  it('is as asked for', async () => {
    await init({
      spec: { orchestration: { taskHistoryRetentionLimit: 2 }, dispatcher: { heartbeatPeriod: NANOS_PER_SECOND } },
      defaultAddrPool: ['10.9.0.0/16', '10.7.0.0/16'],
      subnetSize: 26,
    });
    expect(cluster()).toMatchObject({
      spec: { orchestration: { taskHistoryRetentionLimit: 2 }, dispatcher: { heartbeatPeriod: NANOS_PER_SECOND } },
      defaultAddrPool: ['10.9.0.0/16', '10.7.0.0/16'],
      subnetSize: 26,
    });
    expect(store.view.networkByName('ingress')?.spec?.ipam?.config[0]?.subnet).toBe('10.9.0.0/26');
  });

  it.each([
    [{ spec: { caConfig: { nodeCertExpiry: 60 * NANOS_PER_SECOND } } }, 'minimum certificate expiry time is: 1h0m0s'],
    [{ spec: { dispatcher: { heartbeatPeriod: -1 } } }, 'heartbeat time period cannot be a negative duration'],
    [{ defaultAddrPool: ['10.9.0.0/28'], subnetSize: 24 }, 'invalid DefaultAddrPool'],
    [{ autoLockManagers: true }, 'AutoLockManagers is not available yet'],
    [{ dataPathPort: 7777 }, 'DataPathPort'],
  ])('is not made of %j', async (fields, reason) => {
    await expect(init(fields)).rejects.toThrow(reason);
    expect(store.view.cluster()).toBeUndefined();
  });

  it('is one only', async () => {
    await init();
    await expect(init()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('already part of a swarm'),
    });
  });

  it('changes its spec, if that is based on the newest', async () => {
    await init();
    const version = cluster().version?.index ?? 0;
    await update({ orchestration: { taskHistoryRetentionLimit: 1 } });
    expect(cluster().spec?.orchestration?.taskHistoryRetentionLimit).toBe(1);
    await expect(update({}, {}, version)).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(update({ name: 'other' })).rejects.toThrow('renaming a cluster is not supported');
  });

  it('gets the tokens that are asked for, and with a new root certificate all', async () => {
    await init();
    const first = membership.tokens();
    await update({}, { workerToken: true });
    const second = membership.tokens();
    expect([second.worker === first.worker, second.manager === first.manager]).toEqual([false, true]);
    const { rootCertificate } = cluster();
    await update({ caConfig: { forceRotate: 1 } });
    expect(cluster().rootCertificate).not.toBe(rootCertificate);
    expect(membership.tokens().manager.slice(0, -26)).not.toBe(second.manager.slice(0, -26));
  });

  it('is left by force only, and nothing of it stays but that it was left', async () => {
    await init();
    await store.commit([], [{ kind: 'put', key: 'services/x', value: Buffer.from('') }]);
    await expect(membership.leave(false)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('--force'),
    });
    await membership.leave(true);
    expect(store.view.cluster()).toBeUndefined();
    expect((await objects.list('')).objects.map(({ key }) => key)).toEqual([keys.cluster]);
    await expect(membership.leave(true)).rejects.toThrow('This node is not part of a swarm');
    await init();
    expect(store.view.networks()).toHaveLength(1);
  });

  it('does not end while it has other managers', async () => {
    await init();
    for (const id of ['m1', 'm2']) {
      const value = ManagerPresence.encode(ManagerPresence.fromPartial({ id })).finish();
      await store.commit([], [{ kind: 'put', key: keys.manager(id), value }]);
    }
    await expect(membership.leave(true)).rejects.toThrow('the cluster has other managers');
  });
});
