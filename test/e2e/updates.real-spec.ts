import { eventually } from '#common/testing';
import { sleeper, SwarmUnderTest, type SpecJson } from './swarm-under-test';

const SECOND = 1e9;
/** No task of a service with this image can start: the program is not in it. */
const BROKEN = { ...sleeper(), Command: ['/no/such/program'] };

const withImage = (image: string) => (spec: SpecJson) => ({
  ...spec,
  TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: { ...spec.TaskTemplate.ContainerSpec, Image: image } },
});
const withContainer = (container: object) => (spec: SpecJson) => ({
  ...spec,
  TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: container as SpecJson['TaskTemplate']['ContainerSpec'] },
});
const withEnv = (value: string) => withContainer({ ...sleeper(), Env: [`A=${value}`] });

describe('updates on three hosts', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('updates');
  }, 120_000);
  afterAll(() => swarm?.down());
  afterEach(() => swarm.removeServices(), 60_000);

  /** Images of the service's running tasks, each once. */
  const imagesOf = async (service: string): Promise<string[]> => {
    const tasks = (await swarm.running(service)) as unknown as { Spec: { ContainerSpec: { Image: string } } }[];
    return [...new Set(tasks.map(({ Spec }) => Spec.ContainerSpec.Image))].sort();
  };
  const policy = (config: object) => ({ UpdateConfig: { Parallelism: 1, Monitor: 0.2 * SECOND, ...config } });

  it('waits the delay between two tasks, and monitors the last one before it is completed', async () => {
    await swarm.createSleepers('slow', 2, {}, policy({ Delay: 2 * SECOND, Monitor: 1 * SECOND }));
    await swarm.untilRunning('slow', 2);
    const startedAt = Date.now();
    await swarm.updateService('slow', withImage('busybox:2'));
    await swarm.untilUpdate('slow', 'completed');
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(3_000);
    expect(await imagesOf('slow')).toEqual(['busybox:2']);
  }, 60_000);

  it('pauses after a failure, leaves the rest as it was, and goes on with the next update', async () => {
    await swarm.createSleepers('careful', 3, { RestartPolicy: { Condition: 'none' } }, policy({ FailureAction: 'pause' }));
    await swarm.untilRunning('careful', 3);
    await swarm.updateService('careful', withContainer(BROKEN));
    const { Message } = await swarm.untilUpdate('careful', 'paused');
    expect(Message).toMatch(/^update paused due to failure or early termination of task [0-9a-z]{25}$/);
    await swarm.untilRunning('careful', 2);
    await swarm.updateService('careful', withEnv('fixed'));
    await swarm.untilUpdate('careful', 'completed');
    await swarm.untilRunning('careful', 3);
  }, 60_000);

  it('goes on over failures where it is told to continue', async () => {
    await swarm.createSleepers('daring', 2, { RestartPolicy: { Condition: 'none' } }, policy({ FailureAction: 'continue' }));
    await swarm.untilRunning('daring', 2);
    await swarm.updateService('daring', withContainer(BROKEN));
    await swarm.untilUpdate('daring', 'completed');
    await swarm.untilRunning('daring', 0);
  }, 60_000);

  it('rolls back by itself after a failure, and tells the reason', async () => {
    const config = { Parallelism: 1, Monitor: 0.2 * SECOND };
    const spec = { UpdateConfig: { ...config, FailureAction: 'rollback', Order: 'start-first' }, RollbackConfig: config };
    await swarm.createSleepers('safe', 3, {}, spec);
    const before = (await swarm.untilRunning('safe', 3)).map(({ ID }) => ID).sort();
    const fewest = await swarm.fewestRunning('safe', async () => {
      await swarm.updateService('safe', withContainer(BROKEN));
      await swarm.untilUpdate('safe', 'rollback_completed');
    });
    expect(fewest).toBeGreaterThanOrEqual(3);
    // Start-first never stopped them, and the rollback had nothing to start anew.
    expect((await swarm.untilRunning('safe', 3)).map(({ ID }) => ID).sort()).toEqual(before);
    const { Spec } = await swarm.service('safe');
    expect(Spec.TaskTemplate.ContainerSpec).not.toHaveProperty('Command');
    const [newest] = await swarm.cluster.api.json<{ Change: { Kind: string; Message: string } }[]>({
      path: '/services/safe/history',
    });
    expect(newest?.Change).toEqual({ Kind: 'rollback', Message: expect.stringMatching(/^update rolled back due to failure/) });
  }, 60_000);

  it('ends when a task does not run within the progress deadline, and says why', async () => {
    const labels = { Labels: { 'swarmctl.progress-deadline': '3s' } };
    await swarm.createSleepers('stuck', 2, {}, { ...policy({}), ...labels });
    await swarm.untilRunning('stuck', 2);
    await swarm.updateService('stuck', (spec) => ({
      ...spec,
      TaskTemplate: { ...spec.TaskTemplate, Placement: { Constraints: ['node.hostname==nowhere'] } },
    }));
    const { Message } = await swarm.untilUpdate('stuck', 'paused');
    expect(Message).toContain('scheduling constraints not satisfied on 3 nodes');
    await swarm.untilRunning('stuck', 1);
  }, 60_000);

  it('start-first gives way to stop-first where a host port leaves no room, and says so', async () => {
    const endpoint = { EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 18080, PublishMode: 'host' }] } };
    await swarm.createSleepers('port', 3, {}, { ...policy({ Order: 'start-first' }), ...endpoint });
    await swarm.untilRunning('port', 3);
    await swarm.updateService('port', withImage('busybox:2'));
    await eventually(
      async () => expect((await swarm.service('port')).UpdateStatus?.Message).toMatch(/stops first although start-first/),
      {
        reason: 'the update says that it stops first',
      },
    );
    await swarm.untilUpdate('port', 'completed');
    expect(await imagesOf('port')).toEqual(['busybox:2']);
  }, 60_000);

  it('is superseded by a newer one', async () => {
    await swarm.createSleepers('busy', 4, {}, policy({ Delay: 30 * SECOND }));
    await swarm.untilRunning('busy', 4);
    await swarm.updateService('busy', withEnv('1'));
    await swarm.untilUpdate('busy', 'updating');
    await swarm.updateService('busy', (spec) => ({ ...withImage('busybox:2')(spec), ...policy({ Parallelism: 0 }) }));
    await swarm.untilUpdate('busy', 'completed');
    expect(await imagesOf('busy')).toEqual(['busybox:2']);
  }, 60_000);

  it('goes on where it was after the manager was killed', async () => {
    await swarm.createSleepers('long', 4, {}, policy({ Delay: 1 * SECOND }));
    await swarm.untilRunning('long', 4);
    await swarm.updateService('long', withImage('busybox:2'));
    await eventually(async () => expect(await imagesOf('long')).toEqual(['busybox:2', 'busybox:latest']), {
      reason: 'the update is half done',
    });
    await swarm.cluster.kill('manager');
    swarm.cluster.start('manager');
    await swarm.cluster.ready();
    await swarm.untilUpdate('long', 'completed');
    await swarm.untilRunning('long', 4);
    expect(await imagesOf('long')).toEqual(['busybox:2']);
  }, 60_000);

  it('goes back to any of the revisions that are kept, with the replicas of now', async () => {
    await swarm.createSleepers('web', 2, {}, policy({ Parallelism: 0 }));
    for (const value of ['2', '3']) {
      await swarm.updateService('web', withEnv(value));
      await swarm.untilUpdate('web', 'completed');
    }
    await swarm.updateService('web', (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 3 } } }));
    const history = await swarm.cluster.api.json<{ Number: number }[]>({ path: '/services/web/history' });
    expect(history.map(({ Number }) => Number)).toEqual([3, 2, 1]);

    expect((await swarm.send('POST', '/services/web/rollback?to=2')).status).toBe(200);
    await swarm.untilUpdate('web', 'rollback_completed');
    expect((await swarm.service('web')).Spec).toMatchObject({
      Mode: { Replicated: { Replicas: 3 } },
      TaskTemplate: { ContainerSpec: { Env: ['A=2'] } },
    });
    await swarm.untilRunning('web', 3);
    expect((await swarm.send('POST', '/services/web/rollback?to=9')).status).toBe(404);
  }, 60_000);
});
