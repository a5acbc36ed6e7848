import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { CLIENTS, SwarmUnderTest } from './swarm-under-test';

interface NodeJson {
  ID: string;
  Spec: { Labels: Record<string, string>; Role: string; Availability: string };
  Description: { Hostname: string; Engine: { Labels?: Record<string, string> } };
  Status: { State: string };
}

describe('nodes', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('nodes', ['n1', 'n2', 'n3'], { extraArgs: { agent: ['--label', 'region=eu'] } });
  }, 120_000);
  afterAll(() => swarm?.down());
  afterEach(() => swarm.removeServices(), 60_000);

  const run = (client: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> =>
    client === 'swarmctl' ? swarm.swarmctl(...args) : swarm.docker(client, ...args);
  const node = (term: string): Promise<NodeJson> => swarm.cluster.api.json<NodeJson>({ path: `/v1.41/nodes/${term}` });
  const untilState = (term: string, state: string): Promise<unknown> =>
    eventually(async () => (await node(term)).Status.State === state, { reason: `${term} is ${state}`, timeoutMs: 20_000 });
  const containersOn = async (host: string): Promise<number> => (await swarm.containers([host])).length;

  it.each(CLIENTS)(
    'with $client: labels are set and removed, roles given and taken, engine labels shown',
    async ({ client }) => {
      await run(client, 'node', 'update', '--label-add', 'disk=ssd', '--label-add', 'zone=a', 'n2');
      expect((await node('n2')).Spec.Labels).toEqual({ disk: 'ssd', zone: 'a' });
      await run(client, 'node', 'update', '--label-rm', 'zone', 'n2');
      const pretty = (await run(client, 'node', 'inspect', '--pretty', 'n2')).stdout;
      expect(pretty).toMatch(/disk(=|: +)ssd/);
      expect(pretty).toMatch(/Engine [Ll]abels:\s+(- )?region(=|: +)eu/);
      expect((await run(client, 'node', 'promote', 'n2')).stdout).toBe('Node n2 promoted to a manager in the swarm.\n');
      const n2 = await node('n2');
      expect(n2.Spec).toEqual({ Role: 'manager', Availability: 'active', Labels: { disk: 'ssd' } });
      expect((await run(client, 'node', 'promote', 'n2')).stdout).toBe(`Node ${n2.ID} is already a manager.\n`);
      expect((await run(client, 'node', 'demote', 'n2')).stdout).toBe('Manager n2 demoted in the swarm.\n');
      await run(client, 'node', 'update', '--label-rm', 'disk', 'n2');
    },
    60_000,
  );

  it('drain --wait ends when the node is empty, and not while a task finds no room elsewhere', async () => {
    await swarm.createSleepers('web', 6);
    await swarm.untilRunning('web', 6);
    const { stdout, stderr } = await swarm.swarmctl(
      'node',
      'update',
      '--availability',
      'drain',
      '--wait',
      '--timeout',
      '40s',
      'n2',
    );
    expect(stdout).toBe('n2\n');
    expect(stderr).toMatch(/n2: drained, no task runs on it\n$/);
    const running = (await swarm.containers(['n2'])).filter(({ State }) => State === 'running');
    expect(running).toEqual([]);
    await swarm.untilRunning('web', 6);

    const startFirst = ['--update-order', 'start-first', '--constraint', 'node.hostname==n3', '--stop-grace-period', '0s'];
    await swarm.swarmctl('service', 'create', '--detach', '--name', 'bound', ...startFirst, 'busybox:latest', 'sleep', '1000000');
    await swarm.untilRunning('bound', 1);
    const late = swarm.swarmctl('node', 'update', '--availability', 'drain', '--wait', '--timeout', '4s', 'n3');
    await expect(late).rejects.toThrow(/bound\.1 running: its successor is pending: no suitable node [^]*gave up waiting/);
    expect(await swarm.running('bound')).toHaveLength(1);
    await swarm.swarmctl('node', 'update', '--availability', 'active', 'n2', 'n3');
  }, 90_000);

  it('task inspect tells of a task that no node takes what each node says', async () => {
    await swarm.swarmctl('node', 'update', '--availability', 'pause', 'n3');
    const hog = { Resources: { Reservations: { MemoryBytes: 2 ** 50 } } };
    await swarm.createSleepers('hog', 1, hog);
    const [task] = await eventually(
      async () => {
        const tasks = await swarm.tasks('hog');
        return tasks[0]?.Status.State === 'pending' && tasks;
      },
      { reason: 'the task waits' },
    );
    const { stdout } = await swarm.swarmctl('task', 'inspect', '--pretty', task?.ID.slice(0, 12) ?? '');
    expect(stdout).toMatch(/Name: +hog\.1\n[^]*State: +pending\n/);
    expect(stdout).toMatch(/Nodes:\n +n1: +\d+ MiB memory needed, .* free\n +n2: .* free\n +n3: .* its availability is pause\n/);
    const json = (await swarm.swarmctl('task', 'inspect', task?.ID ?? '')).stdout;
    expect(JSON.parse(json)).toMatchObject([{ ID: task?.ID, Status: { State: 'pending' } }]);
    await swarm.swarmctl('node', 'update', '--availability', 'active', 'n3');
  }, 60_000);

  it.each(CLIENTS)(
    'with $client: a node is removed only when it is down; its tasks run elsewhere, and its agent stays out',
    async ({ client }) => {
      await swarm.createSleepers('web', 6);
      await swarm.untilRunning('web', 6);
      const { ID } = await node('n3');
      await expect(run(client, 'node', 'rm', 'n3')).rejects.toThrow(`node ${ID} is not down and can't be removed`);
      await swarm.cluster.stop('agent', 'n3');
      await untilState('n3', 'down');
      expect((await run(client, 'node', 'rm', 'n3')).stdout).toBe('n3\n');
      const tasks = await swarm.untilRunning('web', 6);
      expect(tasks.filter(({ NodeID }) => NodeID === ID)).toEqual([]);
      await eventually(async () => (await swarm.tasks('web')).filter(({ NodeID }) => NodeID === ID).every(isOrphaned), {
        reason: 'the tasks of n3 are orphaned',
      });
      expect(await containersOn('n3')).toBe(2);
      const agent = swarm.cluster.start('agent', 'n3');
      await eventually(async () => (await containersOn('n3')) === 0, { reason: 'the agent cleans up', timeoutMs: 20_000 });
      expect(agent.logTail()).toContain('this node was removed from the cluster');
      expect((await swarm.cluster.nodes()).map(({ Description }) => Description?.Hostname).sort()).toEqual(['n1', 'n2']);
      await joinAnew(swarm, 'n3');
    },
    90_000,
  );

  it('a node that is removed by force while it runs loses its containers and stays out', async () => {
    await swarm.createSleepers('web', 6);
    await swarm.untilRunning('web', 6);
    const { ID } = await node('n3');
    expect((await swarm.swarmctl('node', 'rm', '--force', 'n3')).stdout).toBe('n3\n');
    await eventually(async () => (await containersOn('n3')) === 0, { reason: 'n3 is empty', timeoutMs: 20_000 });
    const tasks = await swarm.untilRunning('web', 6);
    expect(tasks.filter(({ NodeID }) => NodeID === ID)).toEqual([]);
    expect(await swarm.cluster.nodes()).toHaveLength(2);
    await joinAnew(swarm, 'n3');
    expect((await node('n3')).ID).not.toBe(ID);
  }, 90_000);

  it('a node that manages has to be demoted first', async () => {
    await expect(swarm.swarmctl('node', 'rm', '--force', 'n1')).rejects.toThrow('must be demoted to worker before removal');
    await expect(swarm.swarmctl('node', 'demote', 'n1')).rejects.toThrow('attempting to demote the last manager of the swarm');
  }, 30_000);
});

function isOrphaned({ Status }: { Status: { State: string } }): boolean {
  return Status.State === 'orphaned';
}

/** As the agent's log says: without its id the host is a new node. */
async function joinAnew(swarm: SwarmUnderTest, host: string): Promise<void> {
  await swarm.cluster.stop('agent', host);
  await rm(join(swarm.lab.host(host).dataDir, 'agent/node-id'));
  swarm.cluster.start('agent', host);
  await swarm.cluster.ready();
}
