import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { currentMounts, mountsBelow } from '../lab/mounts';
import { DOCKER_CLIS, sleeper, SwarmUnderTest } from './swarm-under-test';

const CANARY = 'canary-Zm9vYmFy-5f0d';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
/** What a leak would look like: the value itself, and its base64 at each of three offsets. */
const LEAKS = [CANARY, ...['', 'x', 'xy'].map((before) => base64(before + CANARY).slice(before ? 4 : 0, -4))];

describe('secrets and configs, on three hosts', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    const debug = ['--log-level', 'debug'];
    swarm = await SwarmUnderTest.up('secrets', ['n1', 'n2', 'n3'], { extraArgs: { manager: debug, agent: debug } });
  }, 120_000);
  afterAll(() => swarm?.down());
  afterEach(async () => {
    await swarm.removeServices();
    for (const kind of ['secrets', 'configs']) {
      const { text } = await swarm.send('GET', `/${kind}`);
      for (const { ID } of JSON.parse(text) as { ID: string }[]) await swarm.send('DELETE', `/${kind}/${ID}`);
    }
  }, 60_000);

  const create = async (kind: 'secret' | 'config', name: string, value: string, fields: object = {}): Promise<string> => {
    const reply = await swarm.send('POST', `/${kind}s/create`, { Name: name, Data: base64(value), ...fields });
    expect(reply.status).toBe(201);
    return (JSON.parse(reply.text) as { ID: string }).ID;
  };
  const secretRef = (id: string, file: object): object => ({ SecretID: id, SecretName: 'db', File: file });
  const configRef = (id: string, file: object): object => ({ ConfigID: id, ConfigName: 'app', File: file });
  const memoryFolders = (): string[] =>
    mountsBelow(currentMounts(), [swarm.lab.root]).filter((path) => path.includes('agent-memory'));

  it('are files in memory with the owner and mode that were asked for, and go with their task', async () => {
    const secret = await create('secret', 'db', CANARY);
    const config = await create('config', 'app', 'slot {{.Task.Slot}} {{secret "pw"}}', { Templating: { Name: 'golang' } });
    await swarm.createSleepers('web', 3, {
      ContainerSpec: {
        ...sleeper(),
        Secrets: [secretRef(secret, { Name: 'pw', UID: '12', GID: '34', Mode: 0o440 })],
        Configs: [configRef(config, { Name: '/etc/app.conf' })],
      },
    });
    for (const task of await swarm.untilRunning('web', 3)) {
      expect(await swarm.inTask(task, 'stat', '-c', '%u %g %a', '/run/secrets/pw')).toBe('12 34 440\n');
      expect(await swarm.inTask(task, 'cat', '/run/secrets/pw')).toBe(CANARY);
      expect(await swarm.inTask(task, 'cat', '/etc/app.conf')).toBe(`slot ${task.Slot} ${CANARY}`);
      expect(await swarm.inTask(task, 'stat', '-f', '-c', '%T', '/run/secrets/pw')).toBe('tmpfs\n');
      await expect(swarm.inTask(task, 'sh', '-c', 'echo x > /run/secrets/pw')).rejects.toThrow('Read-only');
    }
    expect(memoryFolders()).toHaveLength(3);
    await swarm.removeServices();
    await eventually(() => memoryFolders().length === 0, { reason: 'no folder in memory is left' });
  }, 90_000);

  it('a new version rolls the services that use it, and a rollback brings the old value back', async () => {
    const first = await create('secret', 'db', 'one');
    const refs = { ContainerSpec: { ...sleeper(), Secrets: [secretRef(first, { Name: 'pw' })] } };
    await swarm.createSleepers('web', 2, refs, { UpdateConfig: { Parallelism: 1, Monitor: 1e8, Order: 'start-first' } });
    const values = async (): Promise<string[]> => {
      const tasks = await swarm.untilRunning('web', 2);
      return Promise.all(tasks.map((task) => swarm.inTask(task, 'cat', '/run/secrets/pw')));
    };
    expect(await values()).toEqual(['one', 'one']);
    await swarm.send('POST', '/secrets/db/versions', { Data: base64('two') });
    await swarm.untilUpdate('web', 'completed', 60_000);
    expect(await values()).toEqual(['two', 'two']);
    const { Version } = await swarm.service('web');
    await swarm.send('POST', `/services/web/update?version=${Version.Index}&rollback=previous`);
    await swarm.untilUpdate('web', 'rollback_completed', 60_000);
    expect(await values()).toEqual(['one', 'one']);
  }, 120_000);

  it('are given to the nodes that need them only, also after the agent and its manager came back', async () => {
    const secret = await create('secret', 'db', CANARY);
    const at = { Placement: { Constraints: ['node.hostname==n2'] } };
    await swarm.createSleepers('web', 1, {
      ContainerSpec: { ...sleeper(), Secrets: [secretRef(secret, { Name: 'pw' })] },
      ...at,
    });
    const [task] = await swarm.untilRunning('web', 1);
    expect(memoryFolders().map((path) => path.includes('/n2/'))).toEqual([true]);
    for (const [part, host] of [
      ['agent', 'n2'],
      ['manager', 'n1'],
    ] as const) {
      await swarm.cluster.kill(part, host);
      swarm.cluster.start(part, host);
    }
    const [same] = await swarm.untilRunning('web', 1);
    expect(same?.ID).toBe(task?.ID);
    if (same) expect(await swarm.inTask(same, 'cat', '/run/secrets/pw')).toBe(CANARY);
    expect(memoryFolders()).toHaveLength(1);
  }, 90_000);

  it('a value is in the container and nowhere else: store, logs at debug, disks, processes, answers', async () => {
    const secret = await create('secret', 'db', CANARY);
    await swarm.createSleepers('web', 3, { ContainerSpec: { ...sleeper(), Secrets: [secretRef(secret, { Name: 'pw' })] } });
    const tasks = await swarm.untilRunning('web', 3);
    for (const task of tasks) expect(await swarm.inTask(task, 'cat', '/run/secrets/pw')).toBe(CANARY);
    await swarm.send('POST', '/services/create', {
      Name: 'bad',
      TaskTemplate: { ContainerSpec: { Image: 'nowhere.invalid/none', Secrets: [secretRef(secret, { Name: 'pw' })] } },
    });
    const paths = ['/secrets', '/secrets/db', '/services', '/tasks', '/nodes', '/info', '/events?since=1&until=2', '/metrics'];
    const answers = await Promise.all(paths.map(async (path) => (await swarm.cluster.api.send({ path })).text));
    const engines = await Promise.all(
      (await swarm.containers()).map(async ({ host, Id }) =>
        JSON.stringify(await swarm.lab.host(host).docker.json({ path: `/containers/${Id}/json` })),
      ),
    );
    const seen = new Map<string, string>([
      ...[...answers, ...engines].map((text, index): [string, string] => [`answer ${index}`, text]),
      ...processTexts(),
      ...filesBelow(swarm.lab.root, memoryFolders()),
    ]);
    expect(seen.size).toBeGreaterThan(100);
    const leaks = [...seen].filter(([, text]) => LEAKS.some((leak) => text.includes(leak))).map(([name]) => name);
    expect(leaks).toEqual([]);
  }, 90_000);

  it.each(DOCKER_CLIS)(
    '%s creates, uses, lists, inspects and removes them',
    async (cli) => {
      const docker = async (...args: string[]): Promise<string> => (await swarm.docker(cli, ...args)).stdout.trim();
      await create('secret', 'db', 'x');
      const id = await docker('secret', 'create', '--label', 'a=b', 'other', '/etc/hostname');
      expect(await docker('secret', 'ls', '--format', '{{.Name}}')).toBe('db\nother');
      expect(await docker('secret', 'inspect', '-f', '{{.ID}} {{.Spec.Labels.a}}', 'other')).toBe(`${id} b`);
      await docker('config', 'create', 'app', '/etc/hostname');
      await docker(
        'service',
        'create',
        '-d',
        '--no-resolve-image',
        '--stop-grace-period',
        '0s',
        '--name',
        'web',
        '--secret',
        'other',
        '--config',
        'app',
        'busybox',
        'sleep',
        '1000',
      );
      const [task] = await swarm.untilRunning('web', 1);
      if (task)
        expect(await swarm.inTask(task, 'cat', '/run/secrets/other', '/app')).toBe(
          readFileSync('/etc/hostname', 'utf8').repeat(2),
        );
      await expect(docker('secret', 'rm', 'other')).rejects.toThrow("secret 'other' is in use by the following service: web");
      await docker('service', 'rm', 'web');
      expect(await docker('secret', 'rm', 'other', 'db')).toBe('other\ndb');
      expect(await docker('config', 'rm', 'app')).toBe('app');
    },
    90_000,
  );
});

/** Arguments and environments of every process on this machine. */
function processTexts(): [string, string][] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) =>
      ['cmdline', 'environ'].map((file): [string, string] => [`/proc/${pid}/${file}`, readQuietly(`/proc/${pid}/${file}`)]),
    );
}

/** Every regular file below a folder, but for what lies in the given ones. Layers of images do not hold what was written later. */
function filesBelow(folder: string, without: readonly string[]): [string, string][] {
  if (without.includes(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'overlay2' ? [] : filesBelow(path, without);
    return entry.isFile() && statSync(path).size < 64 * 1024 * 1024 ? [[path, readQuietly(path)]] : [];
  });
}

/** As Latin-1, so that nothing is lost; a process or file that has gone meanwhile has nothing to say. */
function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
