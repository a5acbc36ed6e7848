import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { commandEnvironment, runCommand } from '../lab/run-command';
import { sleeper, SwarmUnderTest, UNLOCK_KEY } from './swarm-under-test';

const SWARMCTL = join(__dirname, '../../node_modules/.bin/swarmctl');

describe('a manager that is locked, with a task on each of two hosts', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('locked', ['n1', 'n2']);
  }, 120_000);
  afterAll(() => swarm?.down());

  const keyFile = (): string => join(swarm.lab.host('n1').dataDir, 'manager', 'sealing-keys.json');
  const unlock = (key: string): Promise<unknown> =>
    runCommand(SWARMCTL, ['swarm', 'unlock'], { input: key, env: commandEnvironment({ SWARMCTL_HOST: swarm.host }) });
  const state = async (): Promise<string> =>
    (JSON.parse((await swarm.send('GET', '/info')).text) as { Swarm: { LocalNodeState: string } }).Swarm.LocalNodeState;

  async function killManager(): Promise<void> {
    await swarm.cluster.kill('manager');
    swarm.cluster.start('manager');
    await eventually(async () => (await state()) === 'locked', { reason: 'the manager is back, and locked' });
  }

  it('keeps its keys unreadable, leaves containers alone, and goes on when it is told the key', async () => {
    const reply = await swarm.send('POST', '/secrets/create', { Name: 'pw', Data: Buffer.from('value').toString('base64') });
    const { ID } = JSON.parse(reply.text) as { ID: string };
    const Secrets = [{ SecretID: ID, SecretName: 'pw', File: { Name: 'pw', UID: '0', GID: '0', Mode: 0o400 } }];
    await swarm.createSleepers('web', 2, { ContainerSpec: { ...sleeper(), Secrets } });
    await swarm.untilRunning('web', 2);
    const { keys } = JSON.parse(await readFile(keyFile(), 'utf8')) as { keys: Record<string, string> };

    const shown = (await swarm.swarmctl('swarm', 'update', '--autolock')).stdout;
    const key = UNLOCK_KEY.exec(shown)?.[0] ?? '';
    expect((await swarm.swarmctl('swarm', 'unlock-key', '-q')).stdout.trim()).toBe(key);
    const text = await readFile(keyFile(), 'utf8');
    for (const secret of [...Object.values(keys), key]) expect(text).not.toContain(secret);

    const before = await swarm.runningContainerIds();
    await killManager();
    await expect(swarm.swarmctl('service', 'ls')).rejects.toThrow('needs to be unlocked');
    await expect(unlock('SWMKEY-1-nonsense')).rejects.toThrow('invalid key string');
    expect(await swarm.runningContainerIds()).toEqual(before);

    await unlock(key);
    await swarm.cluster.ready();
    await swarm.updateService('web', (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 3 } } }));
    for (const task of await swarm.untilRunning('web', 3)) {
      expect(await swarm.inTask(task, 'cat', '/run/secrets/pw')).toBe('value');
    }
    expect(await swarm.runningContainerIds()).toEqual(expect.arrayContaining(before));
  }, 90_000);

  it('can be left by force, and its containers end', async () => {
    await killManager();
    await expect(swarm.swarmctl('swarm', 'leave')).rejects.toThrow('Swarm is encrypted and locked');
    await swarm.swarmctl('swarm', 'leave', '--force');
    await swarm.untilNoContainers();
    expect(await state()).toBe('inactive');
    await swarm.swarmctl('swarm', 'init');
    await swarm.cluster.ready();
  }, 90_000);
});
