import { eventually } from '#common/testing';
import { CommandError } from '../lab/run-command';
import { SwarmUnderTest } from './swarm-under-test';

const QUICK = [
  '--stop-grace-period',
  '0s',
  '--update-monitor',
  '300ms',
  '--rollback-monitor',
  '300ms',
  '--restart-condition',
  'none',
];
const SLEEP = ['busybox:latest', 'sleep', '1000000'];

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('swarmctl on three hosts', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('plans');
  }, 120_000);
  afterAll(() => swarm?.down());
  afterEach(() => swarm.removeServices(), 60_000);

  /** Runs swarmctl to its end, whatever that is. */
  const run = async (...args: string[]): Promise<Ended> => {
    try {
      return { code: 0, ...(await swarm.swarmctl(...args)) };
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return { code: error.exitCode, ...error.output };
    }
  };

  it('tells what changed in each revision, and goes back to any of them with the replicas of now', async () => {
    await run('service', 'create', '--name', 'web', '--replicas', '2', ...QUICK, ...SLEEP);
    await run('service', 'update', '--env-add', 'A=1', 'web');
    await run('service', 'update', '--image', 'busybox:2', 'web');
    await run('service', 'scale', 'web=3');
    const back = await run('service', 'rollback', '--to', '1', 'web');
    expect(back).toMatchObject({ code: 0, stderr: expect.stringContaining('web: converged, 3/3 running') });
    const { stdout } = await run('service', 'history', 'web');
    const rows = stdout.split('\n');
    expect(rows[1]).toMatch(/^4 \* .* rollback .* manually requested rollback to revision 1$/);
    for (const change of ['-env A 1', 'image busybox:2 → busybox:latest']) expect(rows[1]).toContain(change);
    expect(rows[2]).toMatch(/^3 .* update .*image busybox:latest → busybox:2/);
    expect(rows[3]).toMatch(/^2 .* update +\+env A 1$/);
    expect(rows[4]).toMatch(/^1 .* create$/);
    const unknown = await run('service', 'rollback', '--to', '9', 'web');
    expect(unknown).toMatchObject({ code: 4, stderr: 'swarmctl: service web has no revision 9: it has 1 to 4\n' });
  }, 90_000);

  it.each([
    { action: 'pause', says: /web: the update was paused due to failure .* of task \w{25}: web\.\d on n\d failed/ },
    { action: 'rollback', says: /web: the update failed and was rolled back due to failure .* of task \w{25}: web\.\d on n\d/ },
  ])(
    'ends an update that fails with 5, and names the task and its error ($action)',
    async ({ action, says }) => {
      await run('service', 'create', '--name', 'web', '--replicas', '2', ...QUICK, '--update-failure-action', action, ...SLEEP);
      const { code, stderr } = await run('service', 'update', '--args', 'sh -c "exit 3"', 'web');
      expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringMatching(says) });
      expect(stderr).toContain('non-zero exit (3)');
    },
    60_000,
  );

  it('tells what would happen, and does nothing', async () => {
    const create = ['--name', 'big', '--replicas', '4', '--replicas-max-per-node', '1', ...SLEEP];
    const created = await run('service', 'plan', 'create', ...create);
    expect(created.code).toBe(7);
    expect(created.stdout).toContain('big: 3 to start, 0 to stop, 0 to replace, 0 to move, 0 to keep, 1 to wait for a node\n');
    for (const host of ['n1', 'n2', 'n3']) expect(created.stdout).toMatch(new RegExp(`\\n${host} +1 +0 +0 +1\\n`));
    expect(created.stdout).toMatch(/1 would wait for a node: no suitable node \(max replicas per node limit exceed.*\(big\.\d\)/);
    expect((await run('service', 'ls', '-q')).stdout).toBe('');

    await run('service', 'create', '--name', 'web', '--replicas', '3', ...QUICK, ...SLEEP);
    const updated = await run('service', 'plan', 'update', '--replicas', '2', '--env-add', 'A=1', 'web');
    expect(updated).toMatchObject({ code: 0, stdout: expect.stringContaining('1 to stop, 2 to replace, 0 to move, 0 to keep') });
    expect(await swarm.running('web')).toHaveLength(3);
  }, 60_000);

  it('spreads tasks again that had to leave a node, and waits until they run there', async () => {
    await run('service', 'create', '--name', 'web', '--replicas', '6', ...QUICK, ...SLEEP);
    await swarm.updateNode('n3', { Availability: 'drain' });
    await eventually(async () => expect(await swarm.perHost('web')).toEqual({ n1: 3, n2: 3, n3: 0 }), {
      reason: 'n3 is left',
      timeoutMs: 30_000,
    });
    await swarm.updateNode('n3', { Availability: 'active' });
    const dry = await run('service', 'rebalance', '--dry-run', 'web');
    expect(dry.stdout).toMatch(/^web\.\d: n[12] → n3\nweb\.\d: n[12] → n3\n$/);
    expect(await swarm.perHost('web')).toEqual({ n1: 3, n2: 3, n3: 0 });
    const one = await run('service', 'rebalance', '--max-moves', '1', 'web');
    expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/^web\.\d: n[12] → n3\n$/) });
    expect((await swarm.perHost('web')).n3).toBe(1);
    expect((await run('service', 'rebalance', 'web')).code).toBe(0);
    expect(await swarm.perHost('web')).toEqual({ n1: 2, n2: 2, n3: 2 });
    expect((await run('service', 'rebalance', 'web')).stdout).toBe('web: nothing to move, the tasks are spread evenly\n');
  }, 90_000);
});
