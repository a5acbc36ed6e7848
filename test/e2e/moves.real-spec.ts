import { eventually } from '#common/testing';
import { SwarmUnderTest } from './swarm-under-test';

const START_FIRST = { UpdateConfig: { Parallelism: 1, Order: 'start-first' } };
const ON_SSD = { Placement: { Constraints: ['node.labels.disk==ssd'] } };

describe('tasks that have to move, on three hosts', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('moves');
  }, 120_000);
  afterAll(() => swarm?.down());
  afterEach(async () => {
    await swarm.removeServices();
    for (const { name } of swarm.lab.hosts) await swarm.updateNode(name, { Availability: 'active', Labels: {} });
  }, 60_000);

  const untilPerHost = (service: string, counts: Record<string, number>): Promise<unknown> =>
    eventually(async () => expect(await swarm.perHost(service)).toEqual(counts), {
      reason: `${service} is spread as ${JSON.stringify(counts)}`,
      timeoutMs: 30_000,
    });

  it('leave a drained node start-first without one missing at any time', async () => {
    await swarm.createSleepers('steady', 6, {}, START_FIRST);
    await swarm.untilRunning('steady', 6);
    const fewest = await swarm.fewestRunning('steady', async () => {
      await swarm.updateNode('n2', { Availability: 'drain' });
      await untilPerHost('steady', { n1: 3, n2: 0, n3: 3 });
    });
    expect(fewest).toBeGreaterThanOrEqual(6);
  }, 60_000);

  it('leave a node whose labels no longer satisfy the constraints, wait where none does, and come back', async () => {
    for (const name of ['n1', 'n2']) await swarm.updateNode(name, { Labels: { disk: 'ssd' } });
    await swarm.createSleepers('fast', 4, ON_SSD, { UpdateConfig: { Parallelism: 0 } });
    await swarm.untilRunning('fast', 4);
    await swarm.updateNode('n2', { Labels: { disk: 'hdd' } });
    await untilPerHost('fast', { n1: 4, n2: 0, n3: 0 });

    await swarm.updateNode('n1', { Labels: {} });
    await eventually(
      async () => {
        const waiting = (await swarm.tasks('fast')).filter(({ Status }) => Status.State === 'pending');
        expect(waiting.map(({ Status }) => Status.Err)).toEqual(
          Array(4).fill('no suitable node (scheduling constraints not satisfied on 3 nodes)'),
        );
      },
      { reason: 'all four wait and say why', timeoutMs: 20_000 },
    );
    await swarm.updateNode('n3', { Labels: { disk: 'ssd' } });
    await untilPerHost('fast', { n1: 0, n2: 0, n3: 4 });
  }, 60_000);

  it('stay on a paused node, which gets nothing new', async () => {
    await swarm.createSleepers('web', 3);
    await swarm.untilRunning('web', 3);
    await swarm.updateNode('n1', { Availability: 'pause' });
    await swarm.updateService('web', (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 7 } } }));
    await untilPerHost('web', { n1: 1, n2: 3, n3: 3 });
  }, 60_000);

  it('are spread evenly again on request, and by themselves where a service has opted in', async () => {
    await swarm.updateNode('n3', { Availability: 'drain' });
    await swarm.createSleepers('asked', 6);
    await swarm.createSleepers('eager', 6, {}, { Labels: { 'swarmctl.rebalance': 'true' } });
    await untilPerHost('asked', { n1: 3, n2: 3, n3: 0 });
    await untilPerHost('eager', { n1: 3, n2: 3, n3: 0 });

    const fewest = await swarm.fewestRunning('eager', async () => {
      await swarm.updateNode('n3', { Availability: 'active' });
      await untilPerHost('eager', { n1: 2, n2: 2, n3: 2 });
    });
    expect(fewest).toBeGreaterThanOrEqual(6);
    expect(await swarm.perHost('asked')).toEqual({ n1: 3, n2: 3, n3: 0 });

    const dryRun = await swarm.send('POST', '/services/asked/rebalance?dryRun=1');
    expect(JSON.parse(dryRun.text)).toMatchObject({ Started: false, Moves: [expect.anything(), expect.anything()] });
    expect(await swarm.perHost('asked')).toEqual({ n1: 3, n2: 3, n3: 0 });
    expect((await swarm.send('POST', '/services/asked/rebalance')).status).toBe(200);
    await untilPerHost('asked', { n1: 2, n2: 2, n3: 2 });
  }, 90_000);

  it('are told of beforehand by a plan, which changes nothing', async () => {
    await swarm.createSleepers('web', 3);
    await swarm.untilRunning('web', 3);
    const { Spec } = await swarm.service('web');
    const change = { ...Spec, TaskTemplate: { ...Spec.TaskTemplate, Placement: { Constraints: ['node.hostname!=n3'] } } };
    const plan = JSON.parse((await swarm.send('POST', '/services/web/plan', change)).text) as {
      Summary: object;
      Tasks: object[];
    };
    expect(plan.Summary).toMatchObject({ Keep: 2, Replace: 1, Waiting: 0 });
    expect(plan.Tasks).toContainEqual(expect.objectContaining({ Action: 'replace', From: await swarm.nodeId('n3') }));
    expect(await swarm.perHost('web')).toEqual({ n1: 1, n2: 1, n3: 1 });
  }, 60_000);
});
