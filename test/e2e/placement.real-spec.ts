import { eventually } from '#common/testing';
import { DOCKER_CLIS, SwarmUnderTest } from './swarm-under-test';

const where = (...constraints: string[]): object => ({ Placement: { Constraints: constraints } });

describe('placement, on three hosts', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('placement');
  }, 120_000);
  afterAll(() => swarm?.down());
  afterEach(async () => {
    await swarm.removeServices();
    for (const { name } of swarm.lab.hosts) await swarm.updateNode(name, { Labels: {} });
  }, 60_000);

  const untilPerHost = (service: string, counts: Record<string, number>): Promise<unknown> =>
    eventually(async () => expect(await swarm.perHost(service)).toEqual(counts), {
      reason: `${service} is spread as ${JSON.stringify(counts)}`,
      timeoutMs: 30_000,
    });

  const untilWaiting = (service: string, reason: string): Promise<unknown> =>
    eventually(
      async () => {
        const waiting = (await swarm.tasks(service)).filter(({ Status }) => Status.State === 'pending');
        expect([...new Set(waiting.map(({ Status }) => Status.Err))]).toEqual([reason]);
      },
      { reason: `${service} waits and says why`, timeoutMs: 20_000 },
    );

  it('waits for the service to be near, and follows it as soon as that has a task', async () => {
    for (const [name, zone] of Object.entries({ n1: 'a', n2: 'b', n3: 'b' })) await swarm.updateNode(name, { Labels: { zone } });
    await swarm.createSleepers('web', 4, where('service==db topology=node.labels.zone'));
    await untilWaiting('web', 'no suitable node (no task of service db in the same node.labels.zone on 3 nodes)');
    await swarm.createSleepers('db', 1, where('node.hostname==n3'));
    await untilPerHost('web', { n1: 0, n2: 2, n3: 2 });
  }, 60_000);

  it('keeps services apart, whichever comes first', async () => {
    await swarm.createSleepers('shy', 3, where('service!=loud', 'service!=shy', 'node.hostname in (n1, n2)'));
    await untilPerHost('shy', { n1: 1, n2: 1, n3: 0 });
    await untilWaiting(
      'shy',
      'no suitable node (another task of service shy on 2 nodes; scheduling constraints not satisfied on 1 node)',
    );
    await swarm.createSleepers('loud', 2);
    await untilPerHost('loud', { n1: 0, n2: 0, n3: 2 });
  }, 60_000);

  it('compares labels as numbers and addresses with networks', async () => {
    for (const [name, cores] of Object.entries({ n1: '4', n2: '16', n3: 'many' }))
      await swarm.updateNode(name, { Labels: { cores } });
    await swarm.createSleepers('web', 2, where('node.labels.cores >= 8', 'node.ip==0.0.0.0/0'));
    await untilPerHost('web', { n1: 0, n2: 2, n3: 0 });
  }, 60_000);

  it.each(DOCKER_CLIS)('tells %s what a wrong constraint should have been', async (cli) => {
    await expect(swarm.docker(cli, 'service', 'create', '--constraint', 'node.label.zone==a', 'busybox:latest')).rejects.toThrow(
      "'node.label.zone' is not a key; did you mean 'node.labels.zone'?",
    );
  });

  it('gives each task generic resources of its own, by its environment, until none is left', async () => {
    const n1 = swarm.lab.host('n1');
    const restart = async (): Promise<void> => {
      await n1.killEngine();
      await n1.startEngine();
    };
    n1.configureEngine({ 'node-generic-resources': ['gpu=left', 'gpu=right'] });
    try {
      await restart();
      const gpu = [{ DiscreteResourceSpec: { Kind: 'gpu', Value: 1 } }];
      await swarm.createSleepers('render', 3, { Resources: { Reservations: { GenericResources: gpu } } });
      await untilPerHost('render', { n1: 2, n2: 0, n3: 0 });
      await untilWaiting('render', 'no suitable node (insufficient resources on 3 nodes)');
      const containers = (await swarm.containers(['n1'])).filter(({ State }) => State === 'running');
      const environments = await Promise.all(
        containers.map(({ Id }) => n1.docker.json<{ Config: { Env: string[] } }>({ path: `/containers/${Id}/json` })),
      );
      const given = environments.flatMap(({ Config }) => Config.Env.filter((entry) => entry.startsWith('DOCKER_RESOURCE_')));
      expect(given.sort()).toEqual(['DOCKER_RESOURCE_GPU=left', 'DOCKER_RESOURCE_GPU=right']);
    } finally {
      n1.configureEngine({});
      await restart();
    }
  }, 90_000);
});
