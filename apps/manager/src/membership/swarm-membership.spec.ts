import { X509Certificate } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SUBNET_POOL, NANOS_PER_SECOND } from '#common/domain';
import { createLogger } from '#common/logging';
import { ManagerPresence, SwarmInitRequest, SwarmSpec, type Cluster } from '#common/proto';
import { ClusterStore, keys, Vault } from '#common/store';
import { eventually } from '#common/testing';
import { FakeObjectStore } from '../testing/fake-object-store';
import type { RootCa } from './root-ca';
import { testRootCa } from './testing/root-ca';
import { SealingKeys } from './sealing-keys';
import { SwarmMembership } from './swarm-membership';

let objects: FakeObjectStore;
let store: ClusterStore;
let membership: SwarmMembership;
let stopped: AbortController;
let dataDir: string;

beforeEach(async () => {
  objects = new FakeObjectStore();
  store = new ClusterStore(objects, createLogger('test', 'silent'));
  stopped = new AbortController();
  void store.run(stopped.signal);
  await store.untilSynced(2_000, stopped.signal);
  dataDir = await mkdtemp(join(tmpdir(), 'membership-'));
  await startManager();
});
afterEach(async () => {
  stopped.abort();
  await rm(dataDir, { recursive: true });
});

/** Begins anew with what is in the data directory. */
async function startManager(): Promise<void> {
  membership = await membershipOf('m1', dataDir);
}

async function membershipOf(managerId: string, dir: string): Promise<SwarmMembership> {
  const sealingKeys = await SealingKeys.load(dir);
  const parts = { managerId, store, objects, sealingKeys, vault: new Vault(sealingKeys), defaultPool: DEFAULT_SUBNET_POOL };
  return new SwarmMembership({ ...parts, logger: createLogger('test', 'silent') });
}

const NO_ROTATIONS = { workerToken: false, managerToken: false, managerUnlockKey: false };
const init = (fields: object = {}): Promise<void> => membership.init(SwarmInitRequest.fromPartial(fields));
const cluster = (): Cluster => {
  const found = store.view.cluster();
  if (!found) throw new Error('there is no cluster');
  return found;
};
const update = (spec: object, rotations: object = {}, version = cluster().version?.index ?? 0): Promise<void> =>
  membership.update(version, SwarmSpec.fromPartial(spec), { ...NO_ROTATIONS, ...rotations });

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
    [{ spec: { caConfig: { externalCas: [{ protocol: 'x', url: 'https://a' }] } } }, 'invalid protocol: "x"'],
    [
      { spec: { caConfig: { externalCas: [{ protocol: 'cfssl', url: 'http://a' }] } } },
      'invalid URL of an external CA: "http://a"',
    ],
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

  it('brings nothing back that was rotated when the view is behind what the client has seen', async () => {
    await init({ autoLockManagers: true });
    const behind = store.view.cluster();
    await update({ encryptionConfig: { autoLockManagers: true } }, { managerUnlockKey: true, workerToken: true });
    const rotated = [membership.unlockKey(), membership.tokens().worker];
    const version = cluster().version?.index ?? 0;
    jest.spyOn(store.view, 'cluster').mockReturnValue(behind);
    await expect(update({ labels: { a: 'b' } }, {}, version)).rejects.toMatchObject({ code: 'ABORTED' });
    jest.restoreAllMocks();
    expect([membership.unlockKey(), membership.tokens().worker]).toEqual(rotated);
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

describe('a root certificate of one’s own', () => {
  const LOCKED_KEY = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA\n';
  const rotateTo = (certificate: string, key: string): Promise<void> =>
    update({ caConfig: { signingCaCert: certificate, signingCaKey: key, forceRotate: 1 } });

  it('takes the place of the present one, with new tokens, and its key is not to be read', async () => {
    await init();
    const before = membership.tokens();
    const { certificate, key } = await testRootCa();
    await rotateTo(certificate, key);
    expect(cluster().rootCertificate).toBe(certificate);
    expect(membership.tokens().worker.slice(0, 60)).not.toBe(before.worker.slice(0, 60));
    const stored = (await objects.list('')).objects.map(({ value }) => Buffer.from(value).toString('latin1')).join();
    expect(stored).not.toContain(key.split('\n')[1]);
  });

  it('may be the present one, which changes no token', async () => {
    await init();
    const { certificate, key } = await testRootCa();
    await rotateTo(certificate, key);
    const before = membership.tokens();
    await rotateTo(certificate, key);
    expect(membership.tokens()).toEqual(before);
  });

  it('is one whatever blanks and line ends it came with', async () => {
    await init();
    const { certificate, key } = await testRootCa();
    await rotateTo(certificate.replace(/\n/g, ' \t\r\n'), key);
    expect(membership.trust()).toMatchObject({ certificate, subject: expect.stringMatching(/^[\w+/]+=*$/) });
    const before = membership.tokens();
    await rotateTo(certificate, key);
    expect(membership.tokens()).toEqual(before);
  });

  it('may be there from the beginning', async () => {
    const { certificate, key } = await testRootCa();
    await init({ spec: { caConfig: { signingCaCert: certificate, signingCaKey: key } } });
    expect(cluster().rootCertificate).toBe(certificate);
  });

  it.each<[string, () => Promise<RootCa>, string]>([
    ['of another key', async () => ({ ...(await testRootCa()), key: (await testRootCa()).key }), 'certificate key mismatch'],
    ['that may not sign', () => testRootCa({ ca: false }), 'may not sign others'],
    ['that ends within a year', () => testRootCa({ days: 300 }), 'CA certificate expires too soon'],
    ['that another one has signed', () => testRootCa({ isSignedByAnother: true }), 'not signed by itself'],
    ['without a key', async () => ({ ...(await testRootCa()), key: '' }), 'SigningCAKey is missing'],
    ['with a key that is none', async () => ({ ...(await testRootCa()), key: 'x' }), 'malformed private key'],
    ['with a locked key', async () => ({ ...(await testRootCa()), key: LOCKED_KEY }), 'it is encrypted'],
    ['that is missing', async () => ({ ...(await testRootCa()), certificate: '' }), 'the signing CA cert must also be provided'],
    ['that is none', async () => ({ ...(await testRootCa()), certificate: 'x' }), 'SigningCACert holds no certificate in PEM'],
    ['that are two', async () => twice(await testRootCa()), 'cannot contain multiple certificates'],
  ])('is not one %s', async (_, given, reason) => {
    await init();
    const { rootCertificate } = cluster();
    const { certificate, key } = await given();
    await expect(rotateTo(certificate, key)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(reason),
    });
    expect(cluster().rootCertificate).toBe(rootCertificate);
  });

  it('may be signed for by others, who are kept with it', async () => {
    await init();
    await update({ caConfig: { externalCas: [{ protocol: 'cfssl', url: 'https://ca.example/sign' }] } });
    expect(cluster().spec?.caConfig?.externalCas).toEqual([
      { protocol: 'cfssl', url: 'https://ca.example/sign', options: {}, caCert: cluster().rootCertificate },
    ]);
  });
});

describe('a cluster whose managers are locked', () => {
  const AUTOLOCK = { encryptionConfig: { autoLockManagers: true } };
  const file = (): Promise<string> => readFile(join(dataDir, 'sealing-keys.json'), 'utf8');

  it('shows the key that unlocks them, and asks for it after a restart', async () => {
    await init({ autoLockManagers: true });
    const tokens = membership.tokens();
    const unlockKey = membership.unlockKey();
    expect(unlockKey).toMatch(/^SWMKEY-1-[A-Za-z0-9+/]{43}$/);
    await startManager();
    expect(membership.isLocked()).toBe(true);
    expect(() => membership.tokens()).toThrow('Swarm is encrypted and needs to be unlocked');
    expect(() => membership.unlock('x')).toThrow('invalid key string');
    membership.unlock(unlockKey);
    expect([membership.isLocked(), membership.tokens()]).toEqual([false, tokens]);
  });

  it('has a new key when that is asked for, or when locking is begun anew, and else the one it had', async () => {
    await init();
    expect(membership.unlockKey()).toBe('');
    await update(AUTOLOCK);
    const first = membership.unlockKey();
    await update(AUTOLOCK);
    expect(membership.unlockKey()).toBe(first);
    await update(AUTOLOCK, { managerUnlockKey: true });
    const second = membership.unlockKey();
    expect(second).not.toBe(first);
    await startManager();
    expect(() => membership.unlock(first)).toThrow('invalid key provided');
    membership.unlock(second);
    await update({});
    await startManager();
    expect([membership.isLocked(), membership.unlockKey()]).toEqual([false, '']);
    await update(AUTOLOCK);
    expect([first, second, '']).not.toContain(membership.unlockKey());
  });

  it('locks this manager, too, when another one was told to', async () => {
    await init();
    membership.followLock(stopped.signal);
    const open = await file();
    const elsewhere = await mkdtemp(join(dataDir, 'other-'));
    await writeFile(join(elsewhere, 'sealing-keys.json'), open);
    const other = await membershipOf('m2', elsewhere);
    await other.update(cluster().version?.index ?? 0, SwarmSpec.fromPartial(AUTOLOCK), NO_ROTATIONS);
    await eventually(async () => (await file()) !== open, { reason: 'the keys are locked' });
    await startManager();
    expect(membership.isLocked()).toBe(true);
  });

  it('locks this manager when its disk can be written to again', async () => {
    await init();
    membership.followLock(stopped.signal);
    const elsewhere = await mkdtemp(join(tmpdir(), 'other-'));
    await writeFile(join(elsewhere, 'sealing-keys.json'), await file());
    const other = await membershipOf('m2', elsewhere);
    await rm(dataDir, { recursive: true });
    await other.update(cluster().version?.index ?? 0, SwarmSpec.fromPartial(AUTOLOCK), NO_ROTATIONS);
    await mkdir(dataDir);
    await eventually(async () => (await file()).includes('locked'), { reason: 'the keys are locked' });
    await rm(elsewhere, { recursive: true });
  });

  it('can be left while they are locked, by force, which costs the keys', async () => {
    await init({ autoLockManagers: true });
    await startManager();
    await expect(membership.leave(false)).rejects.toThrow('Swarm is encrypted and locked');
    await membership.leave(true);
    expect([membership.isLocked(), store.view.cluster()]).toEqual([false, undefined]);
    await init();
    await startManager();
    expect(membership.isLocked()).toBe(false);
  });

  it('leaves no key behind that has to be unlocked', async () => {
    await init({ autoLockManagers: true });
    await membership.leave(true);
    await startManager();
    expect(membership.isLocked()).toBe(false);
  });

  it.each([
    ['that serve', keys.manager],
    ['that are locked, too', keys.lockedManager],
  ])('is not left by a locked manager while there are others %s', async (_, keyOf) => {
    await init({ autoLockManagers: true });
    for (const id of ['m1', 'm2']) {
      const value = ManagerPresence.encode(ManagerPresence.fromPartial({ id })).finish();
      await store.commit([], [{ kind: 'put', key: keyOf(id), value }]);
    }
    await startManager();
    await expect(membership.leave(true)).rejects.toThrow('the cluster has other managers');
    expect(membership.isLocked()).toBe(true);
  });

  it('is not made by a manager whose keys are locked from an earlier one', async () => {
    await init({ autoLockManagers: true });
    await startManager();
    await store.commit(
      [],
      [
        { kind: 'delete', key: keys.cluster },
        { kind: 'put', key: 'services/x', value: Buffer.from('') },
      ],
    );
    await expect(init()).rejects.toThrow('needs to be unlocked');
    expect((await objects.list('services/')).objects).toHaveLength(1);
  });
});

function twice({ certificate, key }: RootCa): RootCa {
  return { certificate: certificate + certificate, key };
}

describe('the sealing keys of a manager', () => {
  it('are not the cluster’s if another one made it: then it says so, and cannot end it by force', async () => {
    expect(membership.lacksKeys()).toBe(false);
    await init();
    expect(membership.lacksKeys()).toBe(false);
    await mkdir(join(dataDir, 'other'));
    const other = await membershipOf('m2', join(dataDir, 'other'));
    expect(other.lacksKeys()).toBe(true);
    await expect(other.leave(true)).rejects.toThrow('sealing-keys.json');
    expect(cluster()).toBeDefined();
  });

  it('are looked at again when they are others, and when the cluster is', async () => {
    const dir = join(dataDir, 'other');
    await mkdir(dir);
    const sealingKeys = await SealingKeys.load(dir);
    const parts = {
      managerId: 'm2',
      store,
      objects,
      sealingKeys,
      vault: new Vault(sealingKeys),
      defaultPool: DEFAULT_SUBNET_POOL,
    };
    const other = new SwarmMembership({ ...parts, logger: createLogger('test', 'silent') });
    await init();
    expect(other.lacksKeys()).toBe(true);
    await sealingKeys.reload();
    expect(other.lacksKeys()).toBe(true);
    await copyFile(join(dataDir, 'sealing-keys.json'), join(dir, 'sealing-keys.json'));
    await sealingKeys.reload();
    expect(other.lacksKeys()).toBe(false);
    await writeFile(join(dir, 'sealing-keys.json'), '{}');
    await expect(sealingKeys.reload()).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(other.lacksKeys()).toBe(false);
    await membership.leave(true);
    expect(other.lacksKeys()).toBe(false);
  });
});
