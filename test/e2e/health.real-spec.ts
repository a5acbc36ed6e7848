import { eventually } from '#common/testing';
import { sleeper, SwarmUnderTest } from './swarm-under-test';

const MS = 1e6;
/** Healthy while /tmp/ok is there. */
const HEALTHCHECK = { Test: ['CMD-SHELL', 'test -f /tmp/ok'], Interval: 300 * MS, Timeout: 2_000 * MS, Retries: 2 };
const shell = (script: string, health: object = {}): object => ({
  ContainerSpec: { ...sleeper(), Args: ['sh', '-c', script], Healthcheck: { ...HEALTHCHECK, ...health } },
  RestartPolicy: { Delay: 500 * MS },
});

describe('health checks on real hosts', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('health');
  }, 120_000);
  afterAll(() => swarm?.down());
  afterEach(() => swarm.removeServices(), 60_000);

  const states = async (service: string): Promise<string[]> => (await swarm.tasks(service)).map(({ Status }) => Status.State);

  it('a task is not running before it is healthy, also where failures before that are many but within its start period', async () => {
    await swarm.createSleepers('late', 1, shell('sleep 3; touch /tmp/ok; sleep 1000000', { StartPeriod: 30_000 * MS }));
    await eventually(async () => (await states('late')).includes('starting'), { reason: 'the task is starting' });
    const seen = new Set<string>();
    await eventually(
      async () => {
        const now = await states('late');
        now.forEach((state) => seen.add(state));
        return now.includes('running');
      },
      { reason: 'the task runs', timeoutMs: 20_000 },
    );
    // It was given time, so it is the first and only one.
    expect([...seen].sort()).toEqual(['running', 'starting']);
  }, 60_000);

  it('a task that never becomes healthy fails, and is tried again', async () => {
    await swarm.createSleepers('never', 1, shell('sleep 1000000'));
    const failed = await eventually(
      async () => {
        const [task] = (await swarm.tasks('never')).filter(({ Status }) => Status.State === 'failed');
        if (!task) throw new Error((await states('never')).join());
        return task;
      },
      { reason: 'a task has failed', timeoutMs: 20_000 },
    );
    expect(failed.Status.Err).toMatch(/unhealthy/);
    await eventually(async () => (await states('never')).length >= 2, { reason: 'it is tried again', timeoutMs: 20_000 });
  }, 60_000);

  it('a running task that becomes unhealthy is replaced in its slot', async () => {
    await swarm.createSleepers('ill', 1, shell('touch /tmp/ok; sleep 1000000'));
    const [before] = await swarm.untilRunning('ill', 1);
    const [container] = (await swarm.containers()).filter(({ Labels }) => Labels['com.docker.swarm.task.id'] === before?.ID);
    const host = swarm.lab.host(container?.host ?? '');
    const exec = await host.docker.json<{ Id: string }>({
      method: 'POST',
      path: `/containers/${container?.Id}/exec`,
      body: { Cmd: ['rm', '/tmp/ok'] },
    });
    await host.docker.send({ method: 'POST', path: `/exec/${exec.Id}/start`, body: { Detach: true } });
    const after = await eventually(
      async () => {
        const [task] = await swarm.running('ill');
        if (!task || task.ID === before?.ID) throw new Error('the old task is still the one');
        return task;
      },
      { reason: 'another task runs', timeoutMs: 20_000 },
    );
    expect(after.Slot).toBe(before?.Slot);
    expect((await swarm.tasks('ill')).find(({ ID }) => ID === before?.ID)?.Status.State).toBe('failed');
  }, 60_000);
});
