import { createHash } from 'node:crypto';
import { runCommand, commandEnvironment, type CommandOutput } from '../lab/run-command';
import { join } from 'node:path';
import { SwarmUnderTest } from './swarm-under-test';

const SWARMCTL = join(__dirname, '../../node_modules/.bin/swarmctl');
const COUNTING = 'i=0; while true; do echo out $i; echo err $i >&2; i=$((i+1)); sleep 0.2; done';

describe('swarmctl, from the first cluster to the last', () => {
  let swarm: SwarmUnderTest;
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('commands');
  }, 120_000);
  afterAll(() => swarm?.down());

  const type = (words: readonly string[], input?: string | Buffer): Promise<CommandOutput> =>
    runCommand(SWARMCTL, words, { input, timeoutMs: 60_000, env: commandEnvironment({ SWARMCTL_HOST: swarm.host }) });
  const said = async (line: string, input?: string): Promise<string> => (await type(line.split(' '), input)).stdout.trim();

  it('shows and changes the cluster', async () => {
    expect(await said('swarm join-token -q worker')).toMatch(/^SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}$/);
    expect(await said('swarm join-token -q --rotate worker')).not.toBe(await said('swarm join-token -q manager'));
    expect(await said('swarm update --task-history-limit 2')).toBe('Swarm updated.');
    const settings = JSON.parse(await said('swarm inspect')) as { Spec: { Orchestration: object }; JoinTokens?: unknown };
    expect(settings.Spec.Orchestration).toEqual({ TaskHistoryRetentionLimit: 2 });
    expect(settings.JoinTokens).toBeUndefined();
    expect(await said('swarm ca')).toContain('BEGIN CERTIFICATE');
    await expect(said('swarm unlock-key')).rejects.toThrow('no unlock key is set');
    await expect(said('swarm unlock', 'key')).rejects.toThrow('swarm is not locked');
    await expect(said('swarm join --token t 10.0.0.5:2377')).rejects.toThrow('already part of a swarm');
    await expect(said('swarm update')).rejects.toMatchObject({ exitCode: 2 });
    await expect(said('swarm join-token nobody')).rejects.toMatchObject({ exitCode: 2 });
  }, 60_000);

  it('shows lists and objects by templates, and what all of it uses', async () => {
    expect(await said('node ls --format {{.Hostname}}={{.Self}}')).toBe('n1=true\nn2=false\nn3=false');
    expect(await said('node inspect --format {{.Description.Engine.EngineVersion}} n2')).toMatch(/^\d+\.\d+/);
    await swarm.createSleepers('web', 2);
    await swarm.untilRunning('web', 2);
    const { Services, Tasks } = JSON.parse(await said('top --format json --interval 1s')) as Record<
      string,
      { MemoryBytes: number; Cpus: number }[]
    >;
    expect(Services).toEqual([{ Name: 'web', Cpus: expect.any(Number), MemoryBytes: expect.any(Number) }]);
    expect(Tasks?.every(({ MemoryBytes, Cpus }) => MemoryBytes > 50_000 && Cpus >= 0 && Cpus < 2)).toBe(true);
    await swarm.removeServices();
  }, 60_000);

  it('creates secrets and configs, and gives them new values that services get', async () => {
    const id = await said('secret create -l team=blue pw -', 'one');
    expect(await said('secret ls -q')).toBe(id);
    await said('config create conf -', 'first line\nsecond line');
    expect(await said('config inspect --pretty conf')).toContain('second line:');
    await type([
      'service',
      'create',
      '-q',
      '--no-resolve-image',
      '--name',
      'web',
      '--secret',
      'pw',
      '--config',
      'conf',
      '--stop-grace-period',
      '0s',
      '--update-monitor',
      '1s',
      'busybox',
      'sleep',
      '1000000',
    ]);
    expect(await said('task exec web.1 cat /run/secrets/pw /conf')).toBe('onefirst line\nsecond line');
    const { stderr } = await type(['secret', 'update', 'pw', '-'], 'two');
    expect(stderr).toBe('services that are being updated: web\n');
    await swarm.untilUpdate('web', 'completed');
    expect(await said('task exec web.1 cat /run/secrets/pw')).toBe('two');
    expect(await said('secret update --label-add a=b --label-rm team pw')).toBe('pw');
    expect(await said('secret inspect --pretty pw')).toMatch(/a: +b/);
    await expect(said('secret rm pw')).rejects.toThrow("secret 'pw' is in use by the following service: web");
    await expect(said('secret create nothing')).rejects.toMatchObject({ exitCode: 2 });
    await expect(said('secret inspect nobody')).rejects.toMatchObject({ exitCode: 4 });
    await swarm.removeServices();
    expect(await said('secret rm pw pw.v1')).toBe('pw\npw.v1');
    expect(await said('config rm conf')).toBe('conf');
  }, 90_000);

  it('shows logs by whose they are, and runs commands in tasks', async () => {
    await swarm.createSleepers('web', 3, {
      ContainerSpec: { Image: 'busybox:latest', Args: ['sh', '-c', COUNTING], StopGracePeriod: 0 },
    });
    await swarm.untilRunning('web', 3);
    const { stdout, stderr } = await type(['service', 'logs', '--tail', '6', 'web']);
    for (const [text, word] of [
      [stdout, 'out'],
      [stderr, 'err'],
    ] as const) {
      for (const slot of [1, 2, 3]) expect(text).toMatch(new RegExp(`^web\\.${slot}\\.[0-9a-z]{12}@n\\d \\| ${word} \\d+$`, 'm'));
    }
    expect(await said('task logs --raw --tail 2 web.2')).toMatch(/^out \d+$/);
    expect(await said('service logs --since 1m -t --tail 2 web')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z web\.\d/);
    await expect(said('task exec web.3 false')).rejects.toMatchObject({ exitCode: 1 });
    await expect(type(['task', 'exec', 'web.3', 'sh', '-c', 'echo to stderr >&2; exit 9'])).rejects.toMatchObject({
      exitCode: 9,
      output: { stderr: 'to stderr\n' },
    });
    const bytes = Buffer.from('0123456789'.repeat(200_000));
    const echoed = await type(['task', 'exec', '-i', 'web.1', 'md5sum'], bytes);
    expect(echoed.stdout).toBe(`${createHash('md5').update(bytes).digest('hex')}  -\n`);
    await expect(said('task exec -it web.1 sh')).rejects.toThrow('leave -t out');
    expect(await said('task exec -e A=b -w /tmp -u 12 web.1 sh -c pwd')).toBe('/tmp');
    expect((await said('task ls --filter desired-state=running -q')).split('\n')).toHaveLength(3);
    await swarm.removeServices();
  }, 90_000);

  it('tells what has happened, of tasks when asked', async () => {
    const events = await said('events --since 10m --until 0s');
    expect(events).toMatch(/ secret create pw$/m);
    expect(events).toMatch(/ service remove web/m);
    expect(events).not.toMatch(/ task /);
    expect(await said('events --since 10m --until 0s --filter type=task')).toMatch(/ task running web\.1 /);
    const [first = ''] = (await said('events --since 10m --until 0s --format json')).split('\n');
    expect(JSON.parse(first)).toMatchObject({ scope: 'swarm' });
  }, 60_000);

  it('ends the cluster and makes another', async () => {
    await expect(said('swarm leave')).rejects.toThrow('Use `--force`');
    expect(await said('swarm leave --force')).toBe('The cluster has ended.');
    await expect(said('service ls')).rejects.toThrow('This node is not a swarm manager');
    expect(await said('swarm init --default-addr-pool 10.64.0.0/12 --default-addr-pool-mask-length 24')).toMatch(
      /^Swarm initialized: the manager's node is [0-9a-z]{25}\.$/,
    );
    expect(await said('network inspect --pretty ingress')).toContain('10.64.0.0/24');
    await swarm.cluster.ready();
  }, 90_000);
});
