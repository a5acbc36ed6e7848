import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { CLIENTS, DOCKER_CLIS, SwarmUnderTest, type ContainerJson } from './swarm-under-test';

describe('the life of a service on three hosts', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('service-life');
  }, 120_000);
  afterAll(() => swarm?.down());
  afterEach(() => swarm.removeServices(), 60_000);

  const run = (client: string, ...args: string[]): Promise<{ stdout: string }> =>
    client === 'swarmctl' ? swarm.swarmctl(...args) : swarm.docker(client, ...args);

  const perHost = (containers: ContainerJson[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { host, State } of containers) if (State === 'running') counts[host] = (counts[host] ?? 0) + 1;
    return counts;
  };

  it.each(CLIENTS)(
    'with $client: create, scale, update, remove',
    async ({ client }) => {
      const quick = ['--update-monitor', '100ms', '--stop-grace-period', '0s'];
      await run(client, 'service', 'create', '--name', 'web', '--replicas', '6', ...quick, 'busybox:latest', 'sleep', '1000000');
      expect(perHost(await swarm.containers())).toEqual({ n1: 2, n2: 2, n3: 2 });
      expect((await run(client, 'service', 'ls')).stdout).toMatch(/web\s+replicated\s+6\/6\s+busybox:latest/);
      expect((await run(client, 'service', 'ps', 'web')).stdout.match(/Running/g)?.length).toBe(12);

      await run(client, 'service', 'scale', 'web=12');
      expect(perHost(await swarm.containers())).toEqual({ n1: 4, n2: 4, n3: 4 });

      await run(client, 'service', 'update', '--env-add', 'A=1', '--update-parallelism', '4', 'web');
      const inspected = (await run(client, 'service', 'inspect', '--pretty', 'web')).stdout;
      expect(inspected).toMatch(/State:\s+completed/);
      expect(inspected).toMatch(/Env(ironment)?:\s+A=1/);
      expect(await swarm.running('web')).toHaveLength(12);

      await run(client, 'service', 'rm', 'web');
      await swarm.untilNoContainers();
      await swarm.untilNoTasks();
    },
    90_000,
  );

  it.each(CLIENTS)(
    'with $client: a drained node is left, and filled again by later tasks only',
    async ({ client }) => {
      await swarm.createSleepers('web', 6);
      await swarm.untilRunning('web', 6);
      await run(client, 'node', 'update', '--availability', 'drain', 'n2');
      const n2 = await swarm.nodeId('n2');
      await eventually(async () => (await swarm.running('web')).every((task) => task.NodeID !== n2), {
        reason: 'no task is on n2',
      });
      await swarm.untilRunning('web', 6);
      expect((await run(client, 'node', 'ls')).stdout).toMatch(/n2\s+Ready\s+Drain/);
      await run(client, 'node', 'update', '--availability', 'active', 'n2');
      await run(client, 'service', 'scale', '--detach', 'web=8');
      const tasks = await swarm.untilRunning('web', 8);
      expect(tasks.filter((task) => task.NodeID === n2)).toHaveLength(2);
    },
    60_000,
  );

  it("a task that no node can take waits, says why in Docker's words, and runs when room is made", async () => {
    const hog = { Resources: { Reservations: { MemoryBytes: 2 ** 50 } } };
    await swarm.createSleepers('hog', 1, hog);
    const reasons = async (): Promise<(string | undefined)[]> => (await swarm.tasks('hog')).map(({ Status }) => Status.Err);
    await eventually(async () => (await reasons())[0] === 'no suitable node (insufficient resources on 3 nodes)', {
      reason: 'the task says why it waits',
    });
    const service = await swarm.cluster.api.json<{ Version: { Index: number }; Spec: { TaskTemplate: object } }>({
      path: '/services/hog',
    });
    const spec = { ...service.Spec, TaskTemplate: { ...service.Spec.TaskTemplate, Resources: {} } };
    const reply = await swarm.send('POST', `/services/hog/update?version=${service.Version.Index}`, spec);
    expect(reply.status).toBe(200);
    await swarm.untilRunning('hog', 1);
  }, 60_000);

  it.each(CLIENTS)(
    'with $client: a global service is on every node that takes tasks',
    async ({ client }) => {
      const quick = ['--update-monitor', '100ms', '--stop-grace-period', '0s'];
      await run(
        client,
        'service',
        'create',
        '--name',
        'everywhere',
        '--mode',
        'global',
        ...quick,
        'busybox:latest',
        'sleep',
        '1000000',
      );
      expect(perHost(await swarm.containers())).toEqual({ n1: 1, n2: 1, n3: 1 });
      expect((await run(client, 'service', 'ls')).stdout).toMatch(/everywhere\s+global\s+3\/3/);
      await run(client, 'node', 'update', '--availability', 'drain', 'n2');
      await swarm.untilRunning('everywhere', 2);
      await run(client, 'node', 'update', '--availability', 'active', 'n2');
      await swarm.untilRunning('everywhere', 3);
      await run(client, 'service', 'update', '--env-add', 'A=1', 'everywhere');
      // docker counts the nodes with a new task as all there are: with a monitor of 100 ms it may go before the last one is updated.
      await eventually(async () => expect(await updateState(swarm, 'everywhere')).toBe('completed'), {
        reason: 'the update is completed',
      });
      await eventually(async () => expect(perHost(await swarm.containers())).toEqual({ n1: 1, n2: 1, n3: 1 }), {
        reason: 'each node runs one task',
      });
    },
    60_000,
  );

  it('a start-first update never has fewer tasks running than there are to be', async () => {
    const quick = ['--update-monitor', '100ms', '--stop-grace-period', '0s', '--update-order', 'start-first', '--replicas', '4'];
    await swarm.swarmctl('service', 'create', '--name', 'steady', ...quick, 'busybox:latest', 'sleep', '1000000');
    let fewest = Number.POSITIVE_INFINITY;
    let isOver = false;
    const watching = (async () => {
      while (!isOver) {
        const up = (await swarm.containers()).filter(({ State }) => State === 'running').length;
        fewest = Math.min(fewest, up);
      }
    })();
    await swarm.swarmctl('service', 'update', '--image', 'busybox:2', 'steady').finally(() => (isOver = true));
    await watching;
    expect(fewest).toBeGreaterThanOrEqual(4);
    await eventually(async () => (await swarm.runningContainerIds()).length === 4, { reason: 'the old ones are gone' });
  }, 60_000);

  it("an environment file is the service's, not swarmctl's own", async () => {
    // In the lab's own folder, which goes with it.
    const file = join(swarm.lab.root, 'service.env');
    await writeFile(file, 'NODE_OPTIONS=--no-such-option\n');
    await swarm.swarmctl(
      'service',
      'create',
      '--detach',
      '--name',
      'env',
      '--env-file',
      file,
      '--stop-grace-period',
      '0s',
      'busybox:latest',
      'sleep',
      '1000000',
    );
    expect((await swarm.swarmctl('service', 'inspect', 'env')).stdout).toContain('NODE_OPTIONS=--no-such-option');
  }, 30_000);

  it('prints help, version and info without surprises', async () => {
    expect((await swarm.swarmctl('info')).stdout).toMatch(/Nodes:\s+3/);
    for (const cli of DOCKER_CLIS) expect((await swarm.docker(cli, 'info')).stdout).toMatch(/Swarm: active/);
  }, 30_000);
});

async function updateState(swarm: SwarmUnderTest, service: string): Promise<string | undefined> {
  const { UpdateStatus } = await swarm.cluster.api.json<{ UpdateStatus?: { State: string } }>({
    path: `/v1.41/services/${service}`,
  });
  return UpdateStatus?.State;
}
