import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { SealingKeys } from '../../apps/manager/src/membership/sealing-keys';
import { LabCluster } from '../lab/cluster';
import { Lab } from '../lab/lab';
import { runCommand } from '../lab/run-command';
import { DOCKER_CLIS, SwarmUnderTest, UNLOCK_KEY } from './swarm-under-test';

const HOSTS = ['n1', 'n2', 'n3'];

describe('three managers, each of which is asked', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    const lab = await Lab.up({ name: 'several', hosts: HOSTS });
    swarm = SwarmUnderTest.around(lab, await LabCluster.create(lab, { managers: HOSTS }));
    await shareSealingKeys();
    for (const { part, host } of swarm.cluster.parts()) swarm.cluster.start(part, host);
    await swarm.cluster.ready();
    await swarm.create({
      Name: 'everywhere',
      TaskTemplate: {
        ContainerSpec: {
          Image: 'busybox:latest',
          Args: ['sh', '-c', 'echo here is $(hostname); sleep 1000000'],
          StopGracePeriod: 0,
        },
      },
      Mode: { Global: {} },
    });
    await swarm.untilRunning('everywhere', HOSTS.length);
  }, 180_000);
  afterAll(() => swarm?.lab.down());

  const managerDir = (host: string): string => join(swarm.lab.host(host).dataDir, 'manager');
  const keyFile = (host: string): string => join(managerDir(host), 'sealing-keys.json');

  /** As an operator does it who adds managers. */
  async function shareSealingKeys(): Promise<void> {
    for (const host of HOSTS) await mkdir(managerDir(host), { recursive: true });
    await SealingKeys.load(managerDir('n1'));
    for (const host of ['n2', 'n3']) await copyFile(keyFile('n1'), keyFile(host));
  }

  async function docker(manager: string, ...args: string[]): Promise<string> {
    const host = `unix://${swarm.cluster.managerApi(manager).socketPath}`;
    const { stdout } = await runCommand(DOCKER_CLIS[0] ?? 'docker', ['-H', host, ...args], { timeoutMs: 30_000 });
    return stdout.trim();
  }

  async function state(manager: string): Promise<string> {
    const { text } = await swarm.cluster.managerApi(manager).send({ path: '/info' });
    return (JSON.parse(text) as { Swarm: { LocalNodeState: string } }).Swarm.LocalNodeState;
  }

  it.each(HOSTS)('%s reaches containers on all nodes', async (manager) => {
    const tasks = await swarm.running('everywhere');
    expect(new Set(tasks.map(({ NodeID }) => NodeID)).size).toBe(HOSTS.length);
    for (const { Status } of tasks) {
      const id = Status.ContainerStatus?.ContainerID ?? '';
      expect(await docker(manager, 'exec', id, 'hostname')).toBe(id.slice(0, 12));
      expect(await docker(manager, 'logs', id)).toBe(`here is ${id.slice(0, 12)}`);
    }
    expect((await docker(manager, 'service', 'logs', '--raw', 'everywhere')).split('\n')).toHaveLength(HOSTS.length);
  });

  it('lose nothing of their nodes when one of them ends', async () => {
    await swarm.cluster.kill('manager', 'n2');
    await eventually(
      async () => {
        for (const { Status } of await swarm.running('everywhere')) {
          await docker('n1', 'exec', Status.ContainerStatus?.ContainerID ?? '', 'true');
        }
      },
      { reason: 'the nodes of n2 have found another manager', timeoutMs: 30_000 },
    );
    swarm.cluster.start('manager', 'n2');
    await swarm.cluster.ready();
  }, 60_000);

  it('are all locked when one of them is told to, and each is unlocked by itself', async () => {
    const open = await readFile(keyFile('n3'), 'utf8');
    const key = UNLOCK_KEY.exec((await swarm.swarmctl('swarm', 'update', '--autolock')).stdout)?.[0];
    for (const host of HOSTS) {
      await eventually(async () => (await readFile(keyFile(host), 'utf8')) !== open, { reason: `${host} has locked its keys` });
    }
    await swarm.cluster.kill('manager', 'n3');
    swarm.cluster.start('manager', 'n3');
    await eventually(async () => (await state('n3')) === 'locked', { reason: 'n3 is locked' });
    expect(await state('n1')).toBe('active');
    await swarm.cluster.managerApi('n3').send({ method: 'POST', path: '/swarm/unlock', body: { UnlockKey: key } });
    await swarm.cluster.ready();
    expect(await docker('n3', 'swarm', 'unlock-key', '-q')).toBe(key);
  }, 60_000);
});
