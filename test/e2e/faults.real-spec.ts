import { eventually } from '#common/testing';
import { sleeper, SwarmUnderTest } from './swarm-under-test';

describe('faults', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('faults');
  }, 120_000);
  afterAll(() => swarm?.down());
  afterEach(() => swarm.removeServices(), 60_000);

  it('a container that is killed is replaced after the restart delay, in the same slot', async () => {
    await swarm.createSleepers('web', 3, { RestartPolicy: { Condition: 'any', Delay: 2e9 } });
    const [victim] = await swarm.untilRunning('web', 3);
    const containerId = victim?.Status.ContainerStatus?.ContainerID ?? '';
    const host = (await swarm.containers()).find(({ Id }) => Id === containerId)?.host ?? '';
    const killedAt = performance.now();
    await swarm.lab.host(host).docker.json({ method: 'POST', path: `/containers/${containerId}/kill` });
    await eventually(async () => (await swarm.running('web')).length === 2, { reason: 'the loss is seen' });
    const tasks = await swarm.untilRunning('web', 3);
    expect(performance.now() - killedAt).toBeGreaterThan(2_000);
    expect(tasks.map(({ Slot }) => Slot).sort()).toEqual([1, 2, 3]);
    const dead = (await swarm.tasks('web')).find(({ ID }) => ID === victim?.ID);
    expect(dead?.Status).toMatchObject({ State: 'failed', Err: 'task: non-zero exit (137)' });
  }, 60_000);

  it('the tasks of a host that is cut off run elsewhere within five seconds, and once it is back there is one of each', async () => {
    await swarm.createSleepers('web', 12);
    await swarm.untilRunning('web', 12);
    const n3 = await swarm.nodeId('n3');
    const cutAt = performance.now();
    await swarm.lab.host('n3').cut();
    const elsewhere = async (): Promise<number> => (await swarm.running('web')).filter((task) => task.NodeID !== n3).length;
    await eventually(async () => (await elsewhere()) === 12, { reason: 'all twelve run on the other two', timeoutMs: 20_000 });
    const tookMs = performance.now() - cutAt;
    await swarm.lab.host('n3').heal();
    await eventually(async () => (await swarm.runningContainerIds()).length === 12, {
      reason: 'exactly twelve containers run',
      timeoutMs: 20_000,
    });
    expect(await swarm.running('web')).toHaveLength(12);
    // Down after three missed heartbeats of 1 s; the rest is starting four containers on busy cores.
    expect(tookMs).toBeLessThan(10_000);
  }, 60_000);

  it.each(['agent', 'manager', 'etcd'] as const)(
    'SIGKILL of the %s restarts no container, and the service still scales afterwards',
    async (part) => {
      await swarm.createSleepers('web', 6);
      await swarm.untilRunning('web', 6);
      const before = await swarm.runningContainerIds();
      await swarm.cluster.kill(part);
      swarm.cluster.start(part);
      await swarm.cluster.ready();
      await swarm.untilRunning('web', 6);
      expect(await swarm.runningContainerIds()).toEqual(before);
      await scale(swarm, 'web', 9);
      await swarm.untilRunning('web', 9);
      const after = await swarm.runningContainerIds();
      expect(after).toEqual(expect.arrayContaining(before));
      expect(after).toHaveLength(9);
    },
    60_000,
  );

  it('a container that dies while no manager is there is restarted by its agent, which reports it afterwards', async () => {
    await swarm.createSleepers('web', 3, { RestartPolicy: { Delay: 1e9 } });
    const before = await swarm.untilRunning('web', 3);
    const ids = await swarm.runningContainerIds();
    await swarm.cluster.kill('manager');
    const [victim] = (await swarm.containers()).filter(({ Id }) => Id === before[0]?.Status.ContainerStatus?.ContainerID);
    await swarm.lab.host(victim?.host ?? '').docker.json({ method: 'POST', path: `/containers/${victim?.Id}/kill` });
    await eventually(async () => expect(await swarm.runningContainerIds()).not.toEqual(ids), { reason: 'the container is dead' });
    await eventually(async () => expect(await swarm.runningContainerIds()).toEqual(ids), {
      reason: 'the agent has started the same container again',
    });
    swarm.cluster.start('manager');
    await swarm.cluster.ready();
    await eventually(
      async () => {
        const task = (await swarm.tasks('web')).find(({ ID }) => ID === before[0]?.ID);
        expect(task).toMatchObject({ DesiredState: 'running', Status: { State: 'running' } });
        expect(task?.Status.Message).toContain('restarted');
      },
      { reason: 'the task runs on, and says that it was restarted' },
    );
    expect(await swarm.tasks('web')).toHaveLength(3);
  }, 60_000);

  it('a container that dies while its agent is dead is found dead, and replaced', async () => {
    await swarm.createSleepers('web', 3, { RestartPolicy: { Delay: 0 } });
    await swarm.untilRunning('web', 3);
    await swarm.cluster.kill('agent', 'n2');
    const [victim] = await swarm.containers(['n2']);
    await swarm.lab.host('n2').docker.json({ method: 'POST', path: `/containers/${victim?.Id}/kill` });
    swarm.cluster.start('agent', 'n2');
    await eventually(async () => (await swarm.tasks('web')).some(({ Status }) => Status.State === 'failed'), {
      reason: 'the death is reported',
    });
    await swarm.untilRunning('web', 3);
  }, 60_000);

  it('while etcd is away the API answers 503 within two seconds and containers run on; then it recovers by itself', async () => {
    await swarm.createSleepers('web', 3);
    await swarm.untilRunning('web', 3);
    const before = await swarm.runningContainerIds();
    await swarm.cluster.kill('etcd');
    for (const [method, path] of [
      ['GET', '/services'],
      ['POST', '/services/create'],
      ['GET', '/tasks'],
    ] as const) {
      const startedAt = performance.now();
      const body = method === 'POST' ? { Name: 'late', TaskTemplate: { ContainerSpec: sleeper() } } : undefined;
      await eventually(async () => (await swarm.send(method, path, body)).status === 503, {
        reason: `${path} answers 503`,
        timeoutMs: 2_000,
      });
      expect(performance.now() - startedAt).toBeLessThan(2_000);
    }
    swarm.cluster.start('etcd');
    await swarm.cluster.ready();
    await scale(swarm, 'web', 4);
    await swarm.untilRunning('web', 4);
    expect(await swarm.runningContainerIds()).toEqual(expect.arrayContaining(before));
    expect((await swarm.send('GET', '/services/late')).status).toBe(404);
  }, 60_000);

  it('an etcd that stays away until the manager lets its agents go changes nothing but the API', async () => {
    await swarm.createSleepers('web', 6);
    await swarm.untilRunning('web', 6);
    const before = await swarm.runningContainerIds();
    await swarm.cluster.kill('etcd');
    const streams = async (): Promise<string> => (await swarm.cluster.api.send({ path: '/metrics' })).text;
    await eventually(async () => /^swarmctl_agent_streams 0$/m.test(await streams()), {
      reason: 'the agents were let go',
      timeoutMs: 15_000,
    });
    swarm.cluster.start('etcd');
    await swarm.cluster.ready();
    await scale(swarm, 'web', 9);
    await swarm.untilRunning('web', 9);
    const after = await swarm.runningContainerIds();
    expect(after).toEqual(expect.arrayContaining(before));
    expect(after).toHaveLength(9);
  }, 60_000);

  it('a manager that was paused calls no node down', async () => {
    await swarm.createSleepers('web', 6);
    await swarm.untilRunning('web', 6);
    const before = await swarm.runningContainerIds();
    await swarm.cluster.kill('manager', undefined, 'SIGSTOP');
    try {
      await untilLeaseIsGone(swarm);
    } finally {
      await swarm.cluster.kill('manager', undefined, 'SIGCONT');
    }
    await swarm.cluster.ready();
    await scale(swarm, 'web', 9);
    await swarm.untilRunning('web', 9);
    expect(await swarm.runningContainerIds()).toEqual(expect.arrayContaining(before));
  }, 60_000);

  it('a node whose engine is gone is down and its tasks run elsewhere; when the engine is back so is the node, with one of each', async () => {
    await swarm.createSleepers('web', 6);
    await swarm.untilRunning('web', 6);
    await swarm.lab.host('n3').killEngine();
    const n3 = await swarm.nodeId('n3');
    const stateOfN3 = async (): Promise<string | undefined> =>
      (await swarm.cluster.nodes()).find(({ ID }) => ID === n3)?.Status?.State;
    await eventually(async () => (await stateOfN3()) === 'down', { reason: 'n3 is shown down', timeoutMs: 15_000 });
    await eventually(async () => (await swarm.running('web')).filter(({ NodeID }) => NodeID !== n3).length === 6, {
      reason: 'six run on the other two',
      timeoutMs: 15_000,
    });
    await swarm.lab.host('n3').startEngine();
    await eventually(async () => (await stateOfN3()) === 'ready', { reason: 'n3 is ready again', timeoutMs: 15_000 });
    await eventually(async () => (await swarm.runningContainerIds()).length === 6, {
      reason: 'exactly six containers run',
      timeoutMs: 15_000,
    });
  }, 90_000);

  it('an engine that restarts quickly disturbs nothing', async () => {
    await swarm.createSleepers('web', 3);
    await swarm.untilRunning('web', 3);
    const before = await swarm.runningContainerIds();
    await swarm.lab.host('n2').killEngine();
    await swarm.lab.host('n2').startEngine();
    await scale(swarm, 'web', 6);
    await swarm.untilRunning('web', 6);
    expect(await swarm.runningContainerIds()).toEqual(expect.arrayContaining(before));
  }, 60_000);

  it("an image that does not exist: rejected with the engine's message, and tried again only after the delay", async () => {
    await swarm.createSleepers('bad', 1, { ContainerSpec: sleeper('localhost:1/nothing:here'), RestartPolicy: { Delay: 1e9 } });
    const rejected = async () => (await swarm.tasks('bad')).filter(({ Status }) => Status.State === 'rejected');
    await eventually(async () => (await rejected()).length >= 1, { reason: 'the task is rejected', timeoutMs: 15_000 });
    const startedAt = performance.now();
    const first = (await rejected()).length;
    await eventually(async () => (await rejected()).length >= first + 2, { reason: 'it is tried again', timeoutMs: 15_000 });
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
    expect((await rejected())[0]?.Status.Err).toMatch(/nothing/);
  }, 60_000);
});

/** Waits until the paused leader's lease has run out in etcd: longer than three missed heartbeats. */
async function untilLeaseIsGone(swarm: SwarmUnderTest): Promise<void> {
  const leaderKey = (): Promise<string> => swarm.cluster.etcdctl('n1', 'get', '/swarmctl/leader', '--keys-only');
  await eventually(async () => (await leaderKey()) === '', {
    reason: 'the lease of the paused leader runs out',
    timeoutMs: 15_000,
  });
}

async function scale(swarm: SwarmUnderTest, name: string, replicas: number): Promise<void> {
  const service = await swarm.cluster.api.json<{ Version: { Index: number }; Spec: object }>({ path: `/services/${name}` });
  const spec = { ...service.Spec, Mode: { Replicated: { Replicas: replicas } } };
  const reply = await swarm.send('POST', `/services/${name}/update?version=${service.Version.Index}`, spec);
  expect(reply).toMatchObject({ status: 200 });
}
