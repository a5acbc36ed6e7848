import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { eventually } from '#common/testing';
import { CommandError, runCommand } from '../lab/run-command';
import { DOCKER_CLIS, sleeper, SwarmUnderTest, type TaskJson } from './swarm-under-test';

const COUNTING = 'i=0; while true; do echo out $i; echo err $i >&2; i=$((i+1)); sleep 0.2; done';

describe('engines of all hosts, through the manager', () => {
  let swarm: SwarmUnderTest;
  let tasks: TaskJson[];
  beforeAll(async () => {
    swarm = await SwarmUnderTest.up('engines');
    await swarm.createSleepers('web', 3, { ContainerSpec: { ...sleeper(), Args: ['sh', '-c', COUNTING] } });
    tasks = await swarm.untilRunning('web', 3);
  }, 120_000);
  afterAll(() => swarm?.down());

  const containerId = ({ Status }: TaskJson): string => Status.ContainerStatus?.ContainerID ?? '';
  /** Follows a stream until `isEnough` of what came, then hangs up. */
  const follow = (path: string, isEnough: (text: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ socketPath: swarm.cluster.managerSocket, path: `/v1.41${path}` }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString('latin1');
          if (!isEnough(text)) return;
          request.destroy();
          resolve(text);
        });
        response.on('end', () => resolve(text));
      });
      request.on('error', reject);
      request.end();
    });

  describe.each(DOCKER_CLIS)('%s', (cli) => {
    const docker = async (...args: string[]): Promise<string> => (await swarm.docker(cli, ...args)).stdout;

    it('reaches the container of a task on whatever node it is', async () => {
      for (const task of tasks) {
        const id = containerId(task);
        expect((await docker('exec', id, 'hostname')).trim()).toBe(id.slice(0, 12));
        expect((await docker('inspect', '-f', '{{.Name}}', id.slice(0, 12))).trim()).toBe(`/web.${task.Slot}.${task.ID}`);
        const { stdout, stderr } = await swarm.docker(cli, 'logs', '--tail', '1', `web.${task.Slot}.${task.ID}`);
        expect(stdout + stderr).toMatch(/^(?:out|err) \d+\n$/);
        expect(await docker('top', id)).toContain(COUNTING.slice(0, 20));
        await expect(docker('exec', id, 'sh', '-c', 'exit 7')).rejects.toMatchObject({ exitCode: 7 });
      }
    }, 60_000);

    it('passes bytes through an exec and a copy unchanged', async () => {
      const bytes = randomBytes(3_000_000).toString('base64');
      const id = containerId(tasks.at(-1) as TaskJson);
      const { stdout } = await runCommand(cli, ['-H', swarm.host, 'exec', '-i', id, 'cat'], { input: bytes });
      expect(digest(stdout)).toBe(digest(bytes));
      await runCommand(cli, ['-H', swarm.host, 'exec', '-i', id, 'sh', '-c', 'cat > /tmp/x'], { input: bytes });
      const copied = await runCommand('sh', ['-c', `${cli} -H ${swarm.host} cp ${id}:/tmp/x - | tar xO`]);
      expect(digest(copied.stdout)).toBe(digest(bytes));
    }, 60_000);

    it('has the manager host’s own engine for everything else', async () => {
      expect(await docker('run', '--rm', 'busybox', 'echo', 'hello')).toBe('hello\n');
      expect(await docker('images', '-q', 'busybox:latest')).not.toBe('');
      expect((await docker('volume', 'create', 'v1')).trim()).toBe('v1');
      expect((await docker('volume', 'rm', 'v1')).trim()).toBe('v1');
      await docker('network', 'create', 'local-net');
      expect(await docker('network', 'ls', '--format', '{{.Name}} {{.Scope}}')).toMatch(/local-net local\n/);
      expect(await docker('network', 'ls', '--format', '{{.Name}}')).not.toContain('swarmctl');
      await docker('network', 'rm', 'local-net');
      expect(await docker('system', 'df')).toContain('Images');
    }, 60_000);

    it('shows the logs of a service from every node, each line by whose it is', async () => {
      const { stdout, stderr } = await swarm.docker(cli, 'service', 'logs', '--tail', '4', 'web');
      const lines = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
      const slots = new Set(lines.map((line) => /^web\.(\d)\.[0-9a-z]{12}@n\d +\| (?:out|err) \d+$/.exec(line)?.[1]));
      expect(slots).toEqual(new Set(['1', '2', '3']));
      expect(await docker('service', 'logs', '--raw', '--tail', '1', tasks[0]?.ID ?? '')).toMatch(/^(?:out \d+\n)?$/);
      await expect(docker('service', 'logs', 'nobody')).rejects.toThrow('no such task or service: nobody');
    }, 60_000);
  });

  it('a log is followed, with the tasks that come, until its service is removed', async () => {
    await swarm.createSleepers('short', 1, { ContainerSpec: { ...sleeper(), Args: ['sh', '-c', COUNTING] } });
    await swarm.untilRunning('short', 1);
    let seen = '';
    const ended = follow('/services/short/logs?stdout=1&follow=1&details=1&tail=1', (text) => {
      seen = text;
      return false;
    });
    await swarm.updateService('short', (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 3 } } }));
    for (const { ID } of await swarm.untilRunning('short', 3)) {
      await eventually(() => seen.includes(`com.docker.swarm.task.id=${ID}`), { reason: `a line of task ${ID} has come` });
    }
    await swarm.send('DELETE', '/services/short');
    expect(await ended).toContain('out ');
  }, 60_000);

  it('a client that does not read costs the manager little memory', async () => {
    await swarm.createSleepers('loud', 1, {
      ContainerSpec: {
        ...sleeper(),
        Args: ['sh', '-c', 'yes "$(head -c 3000 /dev/zero | tr "\\0" x)" | head -c 150000000; sleep 1000'],
      },
    });
    const [task] = await swarm.untilRunning('loud', 1);
    const resident = async (): Promise<number> => {
      const { text } = await swarm.cluster.api.send({ path: '/metrics' });
      return Number(/^process_resident_memory_bytes ([\d.e+]+)$/m.exec(text)?.[1]);
    };
    const before = await resident();
    const request = httpRequest({ socketPath: swarm.cluster.managerSocket, path: `/tasks/${task?.ID}/logs?stdout=1&follow=1` });
    const stalled = new Promise<void>((resolve) => request.on('response', (response) => response.once('readable', resolve)));
    request.on('error', () => undefined).end();
    await stalled;
    const whole = await follow(`/tasks/${task?.ID}/logs?stdout=1&follow=1`, (text) => text.length > 100_000_000);
    expect(whole.length).toBeGreaterThan(100_000_000);
    expect((await resident()) - before).toBeLessThan(80 * 1024 * 1024);
    request.destroy();
    await swarm.send('DELETE', '/services/loud');
  }, 120_000);

  it('with a node dead, a service’s log is the others’ with a warning', async () => {
    const dead = tasks.find(({ NodeID }) => NodeID !== tasks[0]?.NodeID && NodeID !== '');
    const node = (await swarm.cluster.nodes()).find(({ ID }) => ID === dead?.NodeID);
    const host = node?.Description?.Hostname === 'n1' ? 'n2' : (node?.Description?.Hostname ?? '');
    await swarm.cluster.kill('agent', host);
    const failure = await swarm
      .docker(DOCKER_CLIS[0] ?? '', 'service', 'logs', '--tail', '1', 'web')
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CommandError);
    const { output } = failure as CommandError;
    expect(output.stderr).toContain('warning: incomplete log stream');
    expect(`${output.stdout}${output.stderr}`.match(/@n\d/g)?.length).toBeGreaterThan(1);
    swarm.cluster.start('agent', host);
    await swarm.cluster.ready();
  }, 60_000);

  it('events of the cluster and of the engine come as they happen', async () => {
    const events = follow('/events', (text) => text.includes('"Type":"service"') && text.includes('"Type":"container"'));
    await swarm.createSleepers('eventful', 3);
    const text = await events;
    expect(text).toContain('"Action":"create","Actor":{"ID":');
    expect(text).toMatch(/"timeNano":\d{19}/);
    await swarm.send('DELETE', '/services/eventful');
  }, 60_000);

  it('a cluster is left and made again, and its agents follow', async () => {
    const [cli = ''] = DOCKER_CLIS;
    await expect(swarm.docker(cli, 'swarm', 'leave')).rejects.toThrow('Use `--force` to ignore this message');
    await swarm.docker(cli, 'swarm', 'leave', '--force');
    await expect(swarm.docker(cli, 'node', 'ls')).rejects.toThrow('This node is not a swarm manager');
    await swarm.untilNoContainers();
    const { stdout } = await swarm.docker(cli, 'swarm', 'init', '--task-history-limit', '1');
    expect(stdout).toMatch(/^Swarm initialized: current node \([0-9a-z]{25}\) is now a manager\./);
    await swarm.cluster.ready();
    await swarm.createSleepers('web', 3);
    const again = await swarm.untilRunning('web', 3);
    const victim = again[0] as TaskJson;
    const { host, id } = await swarm.containerOf(victim);
    await host.docker.send({ method: 'POST', path: `/containers/${id}/kill` });
    await eventually(
      async () => {
        const inSlot = (await swarm.tasks('web')).filter(({ Slot }) => Slot === victim.Slot);
        expect(inSlot.map(({ Status }) => Status.State)).toEqual(['running']);
      },
      { reason: 'one task of the slot is kept', timeoutMs: 30_000 },
    );
  }, 120_000);
});

/** Short enough to be shown. */
function digest(text: string): string {
  return `${text.length} ${createHash('sha256').update(text).digest('hex')}`;
}
