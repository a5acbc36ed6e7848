import { eventually } from '#common/testing';
import { CLIENTS, SwarmUnderTest, type TaskJson } from './swarm-under-test';

type JobTask = TaskJson & { JobIteration?: { Index?: number }; CreatedAt: string };

describe('jobs on three hosts', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('jobs');
  }, 120_000);
  afterAll(() => swarm?.down());
  afterEach(() => swarm.removeServices(), 60_000);

  const run = (client: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> =>
    client === 'swarmctl' ? swarm.swarmctl(...args) : swarm.docker(client, ...args);

  const create = (client: string, name: string, flags: string[], script: string): Promise<{ stdout: string; stderr: string }> =>
    run(client, 'service', 'create', '--name', name, ...flags, 'busybox:latest', 'sh', '-c', script);

  const tasks = async (name: string, iteration = 0): Promise<JobTask[]> =>
    ((await swarm.tasks(name)) as JobTask[]).filter((task) => (task.JobIteration?.Index ?? 0) === iteration);

  const completedSlots = (list: JobTask[]): number[] =>
    list
      .filter(({ Status }) => Status.State === 'complete')
      .map(({ Slot }) => Slot ?? 0)
      .sort();

  /** The most containers that ran at a time while the work went on. */
  const mostRunningDuring = async (work: Promise<unknown>): Promise<number> => {
    let most = 0;
    let isOver = false;
    const watching = (async () => {
      while (!isOver) most = Math.max(most, (await swarm.runningContainerIds()).length);
    })();
    await work.finally(() => (isOver = true));
    await watching;
    return most;
  };

  it.each(CLIENTS)(
    'with $client: five completions, two at a time, and an update that runs all of them anew',
    async ({ client }) => {
      const flags = ['--mode', 'replicated-job', '--replicas', '5', '--max-concurrent', '2'];
      const creating = create(client, 'batch', flags, 'sleep 1');
      expect(await mostRunningDuring(creating)).toBe(2);
      const created = await creating;
      expect(created.stdout + created.stderr).toMatch(/job complete/);
      expect(completedSlots(await tasks('batch'))).toEqual([0, 1, 2, 3, 4]);
      expect((await run(client, 'service', 'ls')).stdout).toMatch(/batch\s+replicated job\s+0\/2 \(5\/5 completed\)/);
      const listed = (await run(client, 'service', 'ps', 'batch')).stdout;
      expect(listed.match(/Complete\s+Complete/g)).toHaveLength(5);

      await run(client, 'service', 'update', '--force', 'batch');
      expect(completedSlots(await tasks('batch', 1))).toEqual([0, 1, 2, 3, 4]);
      expect(await tasks('batch', 0)).toHaveLength(5);

      await run(client, 'service', 'rm', 'batch');
      await swarm.untilNoContainers();
      await swarm.untilNoTasks();
    },
    90_000,
  );

  it('a task that fails is tried again, elsewhere if need be, until it has completed', async () => {
    // Fails the first time on each host; the engines' volumes outlive the containers.
    const script = 'test -e /seen/mark || { touch /seen/mark; exit 3; }';
    const flags = ['--mode', 'replicated-job', '--restart-delay', '200ms', '--mount', 'type=volume,source=seen,target=/seen'];
    await create('swarmctl', 'flaky', flags, script);
    const attempts = await tasks('flaky');
    const failed = attempts.filter(({ Status }) => Status.State === 'failed');
    expect(failed.length).toBeGreaterThanOrEqual(1);
    expect(failed[0]).toMatchObject({ DesiredState: 'shutdown', Status: { Err: 'task: non-zero exit (3)' } });
    expect(completedSlots(attempts)).toEqual([0]);
  }, 60_000);

  it('a job that fails as often as it may ends the wait with a code of its own', async () => {
    const flags = ['--mode', 'replicated-job', '--replicas', '2', '--restart-max-attempts', '1', '--restart-delay', '100ms'];
    await expect(create('swarmctl', 'hopeless', flags, 'exit 1')).rejects.toMatchObject({
      exitCode: 6,
      message: expect.stringContaining('hopeless: job failed, 0/2 completed'),
    });
    const attempts = await tasks('hopeless');
    expect(attempts.map(({ Slot }) => Slot ?? 0).sort()).toEqual([0, 0, 1, 1]);
    expect(attempts.map(({ Status }) => Status.State)).toEqual(Array(4).fill('failed'));
  }, 60_000);

  it.each(CLIENTS)(
    'with $client: a global job runs once on every node that takes tasks, and on one that takes them again later',
    async ({ client }) => {
      const ids = await Promise.all(['n1', 'n2', 'n3'].map((host) => swarm.nodeId(host)));
      const completedOn = async (iteration = 0): Promise<string[]> =>
        (await tasks('everywhere', iteration)).filter(({ Status }) => Status.State === 'complete').map(({ NodeID }) => NodeID);
      await run(client, 'node', 'update', '--availability', 'drain', 'n2');
      const created = await create(client, 'everywhere', ['--mode', 'global-job'], 'sleep 1');
      expect(created.stdout + created.stderr).toMatch(/job complete/);
      expect((await completedOn()).sort()).toEqual([ids[0], ids[2]].sort());
      expect((await run(client, 'service', 'ls')).stdout).toMatch(/everywhere\s+global job\s+0\/0 \(2\/2 completed\)/);

      await run(client, 'node', 'update', '--availability', 'active', 'n2');
      await eventually(async () => expect((await completedOn()).sort()).toEqual([...ids].sort()), {
        reason: 'n2 has done it too',
      });

      await run(client, 'service', 'update', '--force', 'everywhere');
      expect((await completedOn(1)).sort()).toEqual([...ids].sort());
    },
    60_000,
  );

  it('a drained node loses its task of a job, which another does', async () => {
    const flags = [
      '--detach',
      '--mode',
      'replicated-job',
      '--replicas',
      '3',
      '--max-concurrent',
      '3',
      '--stop-grace-period',
      '0s',
    ];
    await create('swarmctl', 'moved', flags, 'sleep 5');
    await eventually(async () => (await swarm.runningContainerIds()).length === 3, { reason: 'one runs on each host' });
    const n2 = await swarm.nodeId('n2');
    await swarm.swarmctl('node', 'update', '--availability', 'drain', 'n2');
    await eventually(async () => expect(completedSlots(await tasks('moved'))).toEqual([0, 1, 2]), {
      reason: 'all have completed',
      timeoutMs: 20_000,
    });
    const completed = (await tasks('moved')).filter(({ Status }) => Status.State === 'complete');
    expect(completed.map(({ NodeID }) => NodeID)).not.toContain(n2);
    await swarm.swarmctl('node', 'update', '--availability', 'active', 'n2');
  }, 60_000);

  it('refuses what a job has no use for', async () => {
    const body = (part: object): object => ({
      Name: 'odd',
      TaskTemplate: { ContainerSpec: { Image: 'busybox:latest' } },
      Mode: { ReplicatedJob: {} },
      ...part,
    });
    expect(await swarm.send('POST', '/services/create', body({ UpdateConfig: {} }))).toMatchObject({
      status: 400,
      text: expect.stringContaining('Jobs may not have an update config'),
    });
  });
});
