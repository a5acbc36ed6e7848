import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { eventually } from '#common/testing';
import { LabCluster } from '../lab/cluster';
import { Lab } from '../lab/lab';
import { runCommand } from '../lab/run-command';
import { DOCKER_CLIS, sleeper, SwarmUnderTest } from './swarm-under-test';

const [CLI = 'docker'] = DOCKER_CLIS;
const HOSTS = ['n1', 'n2', 'n3'];

/** Each host has an etcd, a manager and an agent of its own, and no cluster. */
describe('hosts that are told by docker to join a cluster', () => {
  let swarm: SwarmUnderTest;
  let clusters: ReadonlyMap<string, LabCluster>;
  beforeAll(async () => {
    const lab = await Lab.up({ name: 'joining', hosts: HOSTS });
    const clusterOf = (host: string): Promise<LabCluster> =>
      LabCluster.create(lab, { hosts: [host], managers: [host], extraArgs: { manager: ['--no-auto-init'] } });
    clusters = new Map(await Promise.all(HOSTS.map(async (host) => [host, await clusterOf(host)] as const)));
    for (const cluster of clusters.values()) for (const { part, host } of cluster.parts()) cluster.start(part, host);
    for (const host of HOSTS) {
      await eventually(async () => (await cluster(host).api.send({ path: '/readyz' })).status === 200, {
        reason: `${host} serves`,
      });
    }
    swarm = SwarmUnderTest.around(lab, cluster('n1'));
  }, 180_000);
  afterAll(() => swarm?.lab.down());

  function cluster(host: string): LabCluster {
    const found = clusters.get(host);
    if (!found) throw new Error(`there is no host ${host}`);
    return found;
  }

  async function docker(host: string, line: string): Promise<string> {
    const words = ['-H', `unix://${cluster(host).managerSocket}`, ...line.split(' ')];
    return (await runCommand(CLI, words, { timeoutMs: 60_000 })).stdout.trim();
  }

  const state = (host: string): Promise<string> =>
    docker(host, 'info --format {{.Swarm.LocalNodeState}}/{{.Swarm.ControlAvailable}}');
  const nodes = async (host: string): Promise<string[]> =>
    (await docker(host, 'node ls --format {{.Hostname}}/{{.Status}}/{{.ManagerStatus}}')).split('\n').sort();
  const availability = (manager: string, host: string): Promise<string> =>
    docker(manager, `node inspect ${host} --format {{.Spec.Role}}/{{.Spec.Availability}}`);
  const join = (host: string, token: string, options = ''): Promise<string> =>
    docker(host, `swarm join --token ${token} ${options}${swarm.lab.host('n1').address}:2378`);

  /** Events of a host, from now on. */
  async function follow(host: string): Promise<IncomingMessage> {
    const call = request({ socketPath: cluster(host).managerSocket, path: '/v1.41/events' }).end();
    const [events] = (await once(call, 'response')) as [IncomingMessage];
    return events.resume();
  }

  it('are refused without a token that is good for it', async () => {
    await docker('n1', `swarm init --advertise-addr ${swarm.lab.host('n1').address}`);
    const token = await docker('n1', 'swarm join-token -q worker');
    const wrong = token.slice(0, -1) + (token.endsWith('a') ? 'b' : 'a');
    await expect(join('n2', wrong)).rejects.toThrow('A valid join token is necessary to join this cluster');
    await expect(join('n2', 'SWMTKN-1-x')).rejects.toThrow('invalid join token');
    const otherRoot = `SWMTKN-1-${'0'.repeat(50)}-${token.slice(-25)}`;
    await expect(join('n2', otherRoot)).rejects.toThrow('remote CA does not match fingerprint');
    await expect(docker('n2', `swarm join --token ${token} ${swarm.lab.host('n3').address}:9`)).rejects.toThrow(
      'no manager answers',
    );
    expect(await state('n2')).toBe('inactive/false');
  }, 60_000);

  it('are managers or workers, as the token says, and their agents follow', async () => {
    const followed = once(await follow('n2'), 'close');
    const asManager = join('n2', await docker('n1', 'swarm join-token -q manager'));
    expect(await asManager).toContain('This node joined a swarm as a manager.');
    // Whoever follows events has to ask again: they are those of another cluster from here on.
    await followed;
    expect(await state('n2')).toBe('active/true');
    const token = await docker('n1', 'swarm join-token -q worker');
    const outcomes = await Promise.allSettled([1, 2].map(() => join('n3', token, '--availability drain ')));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await state('n3')).toBe('active/false');
    for (const host of ['n1', 'n2']) {
      await eventually(async () => expect((await nodes(host)).filter((node) => node.includes('Ready'))).toHaveLength(3), {
        reason: `${host} has three nodes`,
      });
    }
    expect((await nodes('n2')).map((node) => node.split('/')[2])).toEqual(['Leader', 'Reachable', '']);
    expect(await availability('n1', 'n3')).toBe('worker/drain');
    await docker('n1', 'node update --availability active n3');
    await expect(docker('n3', 'node ls')).rejects.toThrow('This node is not a swarm manager. Worker nodes');
    await expect(join('n3', token)).rejects.toThrow('already part of a swarm');
    expect(await docker('n3', 'run --rm busybox:latest echo here')).toBe('here');
    expect(await docker('n3', 'network ls --filter driver=bridge --format {{.Name}}')).toContain('bridge');
  }, 120_000);

  it('run what the cluster wants, and secrets of it are read wherever they are', async () => {
    const { ID } = await cluster('n2').api.json<{ ID: string }>({
      method: 'POST',
      path: '/secrets/create',
      body: { Name: 'pw', Data: Buffer.from('value').toString('base64') },
    });
    const Secrets = [{ SecretID: ID, SecretName: 'pw', File: { Name: 'pw', UID: '0', GID: '0', Mode: 0o400 } }];
    await swarm.create({ Name: 'web', TaskTemplate: { ContainerSpec: { ...sleeper(), Secrets } }, Mode: { Global: {} } });
    for (const task of await swarm.untilRunning('web', 3, 60_000)) {
      expect(await swarm.inTask(task, 'cat', '/run/secrets/pw')).toBe('value');
    }
  }, 90_000);

  it('are what they were after everything on them was started anew', async () => {
    const before = await swarm.runningContainerIds();
    for (const host of ['n2', 'n3']) {
      for (const part of ['manager', 'agent'] as const) await cluster(host).kill(part, host);
      for (const part of ['manager', 'agent'] as const) cluster(host).start(part, host);
    }
    await eventually(async () => expect(await state('n2')).toBe('active/true'), { reason: 'n2 is a manager again' });
    await eventually(async () => expect(await state('n3')).toBe('active/false'), { reason: 'n3 is a worker again' });
    await eventually(async () => expect((await nodes('n1')).filter((node) => node.includes('Ready'))).toHaveLength(3), {
      reason: 'all nodes are ready',
    });
    expect(await swarm.runningContainerIds()).toEqual(before);
  }, 90_000);

  it('leave with their containers, and may make or join another cluster', async () => {
    // Its agent has a session with the managers, and does not come here any more.
    await cluster('n3').kill('manager', 'n3');
    cluster('n3').start('manager', 'n3');
    await eventually(async () => expect(await state('n3')).toBe('active/false'), { reason: 'n3 is a worker again' });
    expect(await docker('n3', 'swarm leave')).toBe('Node left the swarm.');
    await expect(docker('n2', 'swarm leave')).rejects.toThrow('participating as a manager');
    expect(await docker('n2', 'swarm leave --force')).toBe('Node left the swarm.');
    for (const host of ['n2', 'n3']) {
      expect(await state(host)).toBe('inactive/false');
      await eventually(async () => (await swarm.containers([host])).length === 0, {
        reason: `${host} has no container`,
        timeoutMs: 30_000,
      });
    }
    await eventually(async () => expect((await nodes('n1')).filter((node) => node.includes('Down'))).toHaveLength(2), {
      reason: 'two nodes are down',
      timeoutMs: 30_000,
    });
    expect(await swarm.containers(['n1'])).toHaveLength(1);
    await docker('n2', `swarm init --advertise-addr ${swarm.lab.host('n2').address}`);
    await eventually(async () => expect(await nodes('n2')).toEqual(['n2/Ready/Leader']), {
      reason: 'n2 has a cluster of its own',
    });
    const token = await docker('n2', 'swarm join-token -q manager');
    await docker('n3', `swarm join --token ${token} --availability pause ${swarm.lab.host('n2').address}:2378`);
    await eventually(async () => expect((await nodes('n2')).filter((node) => node.includes('Ready'))).toHaveLength(2), {
      reason: 'n3 is in the other cluster',
    });
    expect(await availability('n2', 'n3')).toBe('manager/pause');
  }, 120_000);
});
