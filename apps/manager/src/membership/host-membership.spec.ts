import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ticket } from '#common/dispatcher-proto';
import { DomainError } from '#common/errors';
import { createLogger } from '#common/logging';
import { SwarmInitRequest, SwarmJoinRequest } from '#common/proto';
import { HostMembership, type HostMembershipParts } from './host-membership';
import { JoinedClusters } from './joined-cluster';

const MANAGERS = ['10.0.0.1:2378'];

let dataDir: string;
let joined: JoinedClusters;
let swarm: { isLocked: jest.Mock; lacksKeys: jest.Mock; init: jest.Mock; leave: jest.Mock; hasOthers: jest.Mock };
let restarts: number;
let hasCluster: boolean;
let host: HostMembership;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'host-'));
  joined = await JoinedClusters.load(dataDir);
  swarm = {
    isLocked: jest.fn(() => false),
    lacksKeys: jest.fn(() => false),
    init: jest.fn(() => Promise.resolve()),
    leave: jest.fn(() => Promise.resolve()),
    hasOthers: jest.fn(() => Promise.resolve(true)),
  };
  restarts = 0;
  hasCluster = false;
  host = new HostMembership({
    swarm: swarm as unknown as HostMembershipParts['swarm'],
    joined,
    hasCluster: () => hasCluster,
    nodeBeside: () => 'n1',
    managers: () => MANAGERS,
    keepKeys: () => Promise.resolve(),
    keepEtcdCredentials: () => Promise.resolve(),
    exclusively: (work) => work(),
    restart: () => Promise.resolve(void restarts++),
    logger: createLogger('test', 'silent'),
  });
});
afterEach(() => rm(dataDir, { recursive: true }));

const become = (role: 'worker' | 'manager'): Promise<void> =>
  joined.join(Ticket.fromPartial({ clusterId: 'c', isManager: role === 'manager' }), MANAGERS, '');
const joinWith = (fields: object = {}): Promise<void> =>
  host.join(SwarmJoinRequest.fromPartial({ remoteAddrs: ['127.0.0.1:1'], joinToken: 'x', ...fields }));

describe('a host that has joined a cluster', () => {
  it.each(['worker', 'manager'] as const)('is in a swarm: as a %s it makes none and joins none', async (role) => {
    await become(role);
    await expect(host.init(SwarmInitRequest.fromPartial({}))).rejects.toThrow('already part of a swarm');
    await expect(joinWith()).rejects.toThrow('already part of a swarm');
    expect([host.standing(), swarm.init.mock.calls]).toEqual([role, []]);
  });

  it('leaves as a worker, whoever asks, and its node is to be let go', async () => {
    await become('worker');
    await host.leave(false);
    expect(joined).toMatchObject({ joined: undefined, left: ['c'], leaving: { nodeId: 'n1', managers: MANAGERS } });
    expect([restarts, swarm.leave.mock.calls]).toEqual([1, []]);
  });

  it.each([
    [false, false, 'manager'],
    [false, true, 'keyless'],
    [true, true, 'locked'],
  ])(
    'stands as a manager that has the keys, and can use them: locked %s, other keys %s',
    async (isLocked, lacksKeys, standing) => {
      await become('manager');
      swarm.isLocked.mockReturnValue(isLocked);
      swarm.lacksKeys.mockReturnValue(lacksKeys);
      expect(host.standing()).toBe(standing);
    },
  );

  it('leaves as a manager by force only', async () => {
    await become('manager');
    await expect(host.leave(false)).rejects.toThrow('participating as a manager');
    swarm.isLocked.mockReturnValue(true);
    await expect(host.leave(false)).rejects.toThrow('Swarm is encrypted and locked');
    expect(joined.joined).toBeDefined();
    await host.leave(true);
    expect([joined.joined, restarts, swarm.leave.mock.calls]).toEqual([undefined, 1, []]);
  });

  it('ends the cluster as its last manager', async () => {
    await become('manager');
    swarm.hasOthers.mockResolvedValue(false);
    await host.leave(true);
    expect(swarm.leave.mock.calls).toEqual([[true]]);
  });

  it.each([
    [
      'has ended already',
      () => swarm.leave.mockRejectedValue(new DomainError('UNAVAILABLE', 'This node is not part of a swarm')),
    ],
    ['cannot be reached', () => swarm.hasOthers.mockRejectedValue(new DomainError('UNAVAILABLE', 'etcd is not reachable'))],
  ])('leaves it even if it %s', async (_, prepare) => {
    await become('manager');
    swarm.hasOthers.mockResolvedValue(false);
    prepare();
    await host.leave(true);
    expect([joined.joined, restarts]).toEqual([undefined, 1]);
  });
});

describe('a host that is in no cluster of others', () => {
  it('leaves its own as ever', async () => {
    await host.leave(true);
    expect([swarm.leave.mock.calls, restarts]).toEqual([[[true]], 0]);
  });

  it.each<[object, string]>([
    [{ remoteAddrs: [] }, 'at least 1 RemoteAddr is required'],
    [{ dataPathAddr: '10.0.0.1' }, 'DataPathAddr'],
    [{ availability: 'asleep' }, 'invalid Availability: "asleep"'],
    [{}, 'invalid join token'],
  ])('does not join with %j', async (fields, reason) => {
    await expect(joinWith(fields)).rejects.toThrow(reason);
    expect([joined.joined, restarts]).toEqual([undefined, 0]);
  });

  it('does not join another one while it has its own, or is locked', async () => {
    hasCluster = true;
    await expect(joinWith()).rejects.toThrow('already part of a swarm');
    hasCluster = false;
    swarm.isLocked.mockReturnValue(true);
    await expect(joinWith()).rejects.toThrow('needs to be unlocked');
  });
});
