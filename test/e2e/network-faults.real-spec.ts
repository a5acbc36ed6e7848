import { eventually } from '#common/testing';
import { openConnection } from './open-connection';
import { SwarmUnderTest, type TaskJson } from './swarm-under-test';
import { webService } from './web-service';

describe('overlay networks through faults', () => {
  let swarm: SwarmUnderTest;
  let asker: TaskJson;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('netfaults', ['n1', 'n2', 'n3']);
    await swarm.createNetwork('back');
    await swarm.create({
      ...webService({ name: 'asker', networks: ['back'], placement: { Constraints: ['node.hostname==n1'] } }),
    });
    await swarm.create(webService({ name: 'web', replicas: 6, networks: ['back'] }));
    await swarm.untilRunning('web', 6, 60_000);
    [asker] = (await swarm.untilRunning('asker', 1, 30_000)) as [TaskJson];
  }, 180_000);
  afterAll(() => swarm?.down());

  const tasksByName = async (): Promise<number> =>
    [...(await swarm.inTask(asker, 'sh', '-c', 'nslookup -type=a tasks.web || true')).matchAll(/^Address(?: \d+)?:\s+10\./gm)]
      .length;
  const answers = async (calls: number): Promise<string[]> => {
    const script = `for i in $(seq ${calls}); do timeout 2 wget -q -O - http://web/ || echo failed; done`;
    return (await swarm.inTask(asker, 'sh', '-c', script)).trim().split('\n');
  };

  it('connections that are open survive the restart of both agents and of a live-restored engine', async () => {
    const { talker, echoed } = await openConnection(swarm, 'back');
    const goesOn = async (after: string): Promise<void> => {
      const before = await echoed();
      await eventually(async () => (await echoed()) > before + 5, {
        reason: `the connection lives after ${after}`,
        timeoutMs: 15_000,
      });
    };
    await goesOn('its beginning');
    for (const host of ['n2', 'n3']) {
      await swarm.cluster.kill('agent', host);
      swarm.cluster.start('agent', host);
    }
    await swarm.cluster.ready();
    await goesOn('the restart of the agents');
    const n2 = swarm.lab.host('n2');
    await n2.killEngine();
    await n2.startEngine();
    await swarm.cluster.ready();
    await goesOn('the restart of an engine');
    const [after] = await swarm.running('talker');
    expect(after?.ID).toBe(talker.ID);
    for (const name of ['echo', 'talker']) await swarm.send('DELETE', `/services/${name}`);
  }, 120_000);

  it('a host that is cut off is not answered with two seconds after it is known to be down, nor after it is back', async () => {
    expect(await tasksByName()).toBe(6);
    const n3 = swarm.lab.host('n3');
    await n3.cut();
    const isDown = async (): Promise<boolean> =>
      (await swarm.cluster.nodes()).some(({ Description, Status }) => Description?.Hostname === 'n3' && Status?.State === 'down');
    await eventually(isDown, { reason: 'n3 is down', timeoutMs: 15_000 });
    const downAt = performance.now();
    await eventually(async () => !(await answers(4)).includes('failed'), {
      reason: 'only living tasks are called',
      timeoutMs: 10_000,
    });
    // Four calls themselves take next to nothing; a call of a dead task takes two seconds.
    expect(performance.now() - downAt).toBeLessThan(2_000);
    await swarm.untilRunning('web', 6, 60_000);
    await eventually(async () => (await tasksByName()) === 6, { reason: 'six tasks have the name', timeoutMs: 5_000 });
    await n3.heal();
    await swarm.cluster.ready();
    await eventually(async () => (await swarm.runningContainerIds()).length === 7, {
      reason: 'there is one container of each task',
      timeoutMs: 30_000,
    });
    await eventually(async () => !(await answers(12)).includes('failed') && (await tasksByName()) === 6, {
      reason: 'all is as before',
      timeoutMs: 30_000,
    });
  }, 180_000);
});
