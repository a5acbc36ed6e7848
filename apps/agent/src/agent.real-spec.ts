import { join } from 'node:path';
import { isTerminal, TaskState } from '#common/domain';
import { monotonicMs } from '#common/concurrency';
import type { Task } from '#common/proto';
import { eventually } from '#common/testing';
import { Lab } from '../../../test/lab/lab';
import type { LabHost } from '../../../test/lab/lab-host';
import type { LabProcess } from '../../../test/lab/process-table';
import { aTask, type TaskTraits } from './testing/a-task';
import { startSlowLine } from './testing/slow-line';
import { StandInManager } from './testing/stand-in-manager';

const MAIN = join(__dirname, '../../../dist/apps/agent/src/main.js');
const LAB_TIMEOUT_MS = 120_000;
/** Long against what is measured here, so that other work on the machine does not fail a test. */
const PATIENCE_MS = 30_000;
/** From the return of a manager or an engine until the truth is known. */
const RETURN_MS = 2_000;
const SECOND = 1e9;
const SLOW_PORT = 5001;

jest.setTimeout(LAB_TIMEOUT_MS);

interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly Config: {
    readonly Labels: Record<string, string>;
    readonly Env: string[];
    readonly Healthcheck: { readonly StartInterval?: number };
  };
  readonly HostConfig: Record<string, unknown>;
  readonly State: {
    readonly Pid: number;
    readonly StartedAt: string;
    readonly FinishedAt: string;
    readonly Status: string;
    readonly Health?: { readonly Log: readonly { readonly ExitCode: number }[] };
  };
  readonly Mounts: readonly { readonly Type: string; readonly Name?: string }[];
}

/** A shell that ends at once when it is told to. */
const OBEDIENT = ['sh', '-c', "trap 'exit 0' TERM; sleep 3600 & wait"];
const sleeper = (traits: TaskTraits = {}): Task => aTask({ ...traits, container: { Command: OBEDIENT, ...traits.container } });

describe('an agent beside a real engine', () => {
  const manager = new StandInManager();
  let lab: Lab;
  let host: LabHost;
  let agent: LabProcess;
  let nodeId: string;

  const startAgent = (): LabProcess =>
    lab.spawn({
      part: 'agent',
      command: process.execPath,
      args: [
        ...[MAIN, '--data-dir', `${host.dataDir}/agent`, '--docker', `unix://${host.dockerSocket}`, '--hostname', 'n1'],
        ...['--manager', manager.address, '--advertise-addr', host.address, '--label', 'disk=ssd', '--log-level', 'debug'],
        ...['--generic-resource', 'fpga=2'],
      ],
    });
  const own = (traits: TaskTraits = {}): Task => sleeper({ ...traits, nodeId });
  const containers = (): Promise<{ Id: string; Labels: Record<string, string> }[]> =>
    host.docker.json({ path: '/containers/json?all=1' });
  const containerOf = async (task: Task): Promise<Inspected> => {
    const id = manager.statusOf(task)?.containerStatus?.containerId;
    return host.docker.json({ path: `/containers/${id}/json` });
  };
  const until = (task: Task, state: TaskState): Promise<unknown> =>
    eventually(() => manager.isIn(task, state), {
      reason: `the task is ${state}, not ${manager.statusOf(task)?.state}`,
      timeoutMs: PATIENCE_MS,
    });
  const running = async (traits: TaskTraits = {}): Promise<Task> => {
    const task = own(traits);
    manager.assign(task);
    await until(task, TaskState.running);
    return task;
  };
  const untilGone = (): Promise<unknown> =>
    eventually(async () => (await containers()).length === 0, { reason: 'no container is left', timeoutMs: PATIENCE_MS });

  beforeAll(async () => {
    await manager.listen();
    lab = await Lab.up({ name: `agent-${process.pid}`, hosts: ['n1'], registry: true });
    host = lab.host('n1');
    agent = startAgent();
    await eventually(() => manager.hellos.length > 0, { reason: 'the agent says hello', timeoutMs: PATIENCE_MS });
    nodeId = manager.hellos[0]?.nodeId ?? '';
  });
  afterEach(async () => {
    manager.forgetAll();
    await untilGone();
  });
  afterAll(async () => {
    manager.kill();
    // On the machine itself: in good order, or its base rules would stay.
    await agent?.stop();
    await lab?.down();
  });

  it('says who it is and what its engine has', () =>
    expect(manager.hellos[0]).toMatchObject({
      nodeId: expect.stringMatching(/^[0-9a-z]{25}$/),
      advertiseAddress: host.address,
      description: {
        hostname: 'n1',
        platform: { architecture: expect.stringMatching(/.+/), os: 'linux' },
        resources: {
          nanoCpus: expect.any(Number),
          memoryBytes: expect.any(Number),
          genericResources: [{ discreteResourceSpec: { kind: 'fpga', value: 2 } }],
        },
        engine: {
          engineVersion: expect.stringMatching(/^\d/),
          labels: { disk: 'ssd' },
          plugins: expect.arrayContaining([{ type: 'Volume', name: 'local' }]),
        },
      },
    }));

  describe('a task', () => {
    it('runs in a container that says whose it is', async () => {
      const task = await running({ slot: 7 });
      const { Name, Config, State } = await containerOf(task);
      expect(Name).toBe(`/web.7.${task.id}`);
      expect(Config.Labels).toMatchObject({
        'com.docker.swarm.task.id': task.id,
        'io.swarmctl.task': task.id,
        'io.swarmctl.node': nodeId,
      });
      expect(manager.statusOf(task)).toMatchObject({
        message: 'started',
        err: '',
        containerStatus: { pid: State.Pid, exitCode: 0 },
      });
    });

    it.each([
      { name: 'is complete when it ends well', command: ['true'], state: TaskState.complete, err: '', exitCode: 0 },
      {
        name: 'failed when it ends badly',
        command: ['sh', '-c', 'exit 3'],
        state: TaskState.failed,
        err: 'task: non-zero exit (3)',
        exitCode: 3,
      },
    ])('$name', async ({ command, state, err, exitCode }) => {
      const task = own({ container: { Command: command } });
      manager.assign(task);
      await until(task, state);
      expect(manager.statusOf(task)).toMatchObject({ err, containerStatus: { exitCode } });
    });

    it.each([
      { name: 'whose image is not to be had', container: { Image: 'nosuch:latest' }, err: 'No such image: nosuch:latest' },
      {
        name: 'with a mount of what is not there',
        container: { Mounts: [{ Type: 'bind', Source: '/no/such/path', Target: '/x' }] },
        err: /\/no\/such\/path/,
      },
      {
        name: 'that needs a secret',
        container: { Secrets: [{ SecretID: 'x', SecretName: 'key', File: { Name: 'key' } }] },
        err: /secret key was not sent to this node/,
      },
    ])('$name is rejected', async ({ container, err }) => {
      const task = own({ container });
      manager.assign(task);
      await until(task, TaskState.rejected);
      expect(manager.statusOf(task)?.err).toEqual(typeof err === 'string' ? err : expect.stringMatching(err));
    });

    it('that cannot start has failed', async () => {
      const task = own({ container: { Command: ['no-such-program'] } });
      manager.assign(task);
      await until(task, TaskState.failed);
      expect(manager.statusOf(task)?.err).toMatch(/^starting container failed: .*no-such-program/);
    });

    it.each([
      { name: 'is complete', exitCode: 0, state: TaskState.complete },
      { name: 'has failed', exitCode: 3, state: TaskState.failed },
    ])('of a job $name when it ends with $exitCode', async ({ exitCode, state }) => {
      const task = own({ desired: TaskState.complete, container: { Command: ['sh', '-c', `exit ${exitCode}`] } });
      manager.assign(task);
      await until(task, state);
      expect(manager.statusOf(task)?.containerStatus?.exitCode).toBe(exitCode);
    });

    it('whose image is elsewhere pulls it first', async () => {
      const image = `${lab.registry}/pulled:1`;
      await host.exec('docker', ['tag', 'busybox:latest', image]);
      await host.exec('docker', ['push', image]);
      await host.exec('docker', ['rmi', image]);
      await running({ container: { Image: image } });
    });

    it('says how far its pull is, which two of the same image share', async () => {
      const image = 'slow:1';
      const slowImage = `127.0.0.1:${SLOW_PORT}/${image}`;
      const build = [
        `head -c 3000000 /dev/urandom > ${host.dataDir}/layer`,
        `tar -C ${host.dataDir} -c layer | docker import - ${lab.registry}/${image}`,
        `docker push ${lab.registry}/${image}`,
        `docker rmi ${lab.registry}/${image}`,
      ];
      await host.exec('sh', ['-ec', build.join('\n')]);
      const line = await startSlowLine(host, lab.registry, SLOW_PORT);
      const tasks = [1, 2].map(() => own({ container: { Image: slowImage } }));
      manager.assign(...tasks);
      // There is nothing to run in that image.
      for (const task of tasks) await until(task, TaskState.failed);
      for (const task of tasks) {
        const messages = (manager.told.get(task.id) ?? []).filter(({ state }) => state === TaskState.preparing);
        const numbers = messages.map(({ message }) => /^pulling 127.0.0.1:\d+\/slow:1: (.*) MB of 3.0 MB$/.exec(message)?.[1]);
        expect(numbers.filter(Boolean).length).toBeGreaterThan(1);
      }
      // Until two seconds from now: it counts in whole ones.
      const events = ['events', '--since', '1m', '--until=-2s', '--filter', 'event=pull', '--format', '{{.Actor.ID}}'];
      const pulled = (await host.exec('docker', events)).stdout.split('\n').filter((name) => name === slowImage);
      expect(pulled).toHaveLength(1);
      await line.kill();
    });

    it('is parked until it is wanted running', async () => {
      const task = own({ desired: TaskState.ready });
      manager.assign(task);
      await until(task, TaskState.ready);
      expect((await containerOf(task)).State.Status).toBe('created');
      manager.desire(task, TaskState.running);
      await until(task, TaskState.running);
    });

    it('that is shut down keeps its container, and loses it with the task', async () => {
      const task = await running();
      manager.desire(task, TaskState.shutdown);
      await until(task, TaskState.shutdown);
      expect((await containerOf(task)).State.Status).toBe('exited');
    });

    it('that is to be removed loses its container and its anonymous volumes', async () => {
      const task = await running({ container: { Mounts: [{ Type: 'volume', Target: '/data' }] } });
      manager.desire(task, TaskState.remove);
      await until(task, TaskState.shutdown);
      await untilGone();
      expect(await host.docker.json({ path: '/volumes' })).toMatchObject({ Volumes: [] });
    });

    it('that ignores its stop signal is ended after its grace period', async () => {
      const task = await running({ container: { Command: ['sleep', '3600'], StopGracePeriod: SECOND } });
      const before = monotonicMs();
      manager.desire(task, TaskState.shutdown);
      await until(task, TaskState.shutdown);
      expect(monotonicMs() - before).toBeGreaterThan(900);
      expect(manager.statusOf(task)?.containerStatus?.exitCode).toBe(137);
    });
  });

  describe('a healthcheck', () => {
    const Test = ['CMD-SHELL', 'test -f /tmp/good'];
    const checked = (container: object, health: object = {}) =>
      own({ container: { Healthcheck: { Test, Interval: SECOND / 4, Timeout: SECOND, Retries: 2, ...health }, ...container } });
    const GOOD = { Command: ['sh', '-c', "trap 'exit 0' TERM; touch /tmp/good; sleep 3600 & wait"] };

    const statesOf = (task: Task) => manager.told.get(task.id)?.map(({ state }) => state);

    it('that passes makes the task running; one that fails later ends it', async () => {
      const task = checked(GOOD);
      manager.assign(task);
      await until(task, TaskState.running);
      const { Id } = await containerOf(task);
      await host.exec('docker', ['exec', Id, 'rm', '/tmp/good']);
      await until(task, TaskState.failed);
      expect(manager.statusOf(task)?.err).toBe('unhealthy container');
    });

    it('that passes after a while keeps the task starting until then', async () => {
      const task = checked({}, { StartPeriod: 60 * SECOND });
      manager.assign(task);
      await until(task, TaskState.starting);
      const { Id } = await containerOf(task);
      // More failures than retries: in the start period they do not count.
      const checks = async () => (await containerOf(task)).State.Health?.Log.map(({ ExitCode }) => ExitCode);
      await eventually(async () => expect(await checks()).toEqual([1, 1, 1, 1, 1]), { reason: 'its check fails' });
      expect(manager.isIn(task, TaskState.starting)).toBe(true);
      await host.exec('docker', ['exec', Id, 'touch', '/tmp/good']);
      await until(task, TaskState.running);
    });

    it('that never passes ends the task once its start period is over', async () => {
      const task = checked({}, { StartPeriod: 2 * SECOND });
      manager.assign(task);
      await until(task, TaskState.starting);
      const startedMs = Date.parse((await containerOf(task)).State.StartedAt);
      await until(task, TaskState.failed);
      const { FinishedAt } = (await containerOf(task)).State;
      expect(Date.parse(FinishedAt) - startedMs).toBeGreaterThan(2_000);
      expect(statesOf(task)).not.toContain(TaskState.running);
    });

    it('with an interval for its start is run by any engine', async () => {
      const task = checked(GOOD, { StartPeriod: SECOND, StartInterval: SECOND / 2 });
      manager.assign(task);
      await until(task, TaskState.running);
      const { ApiVersion } = await host.docker.json<{ ApiVersion: string }>({ path: '/version' });
      const { StartInterval } = (await containerOf(task)).Config.Healthcheck;
      expect(StartInterval).toBe(Number(ApiVersion.split('.')[1]) >= 44 ? SECOND / 2 : undefined);
    });

    it('that never passes ends the task before it counts as running', async () => {
      const task = checked({});
      manager.assign(task);
      await until(task, TaskState.failed);
      expect(manager.statusOf(task)?.err).toBe('unhealthy container');
      expect(statesOf(task)).not.toContain(TaskState.running);
    });
  });

  it('tells which ports of the host a task has got', async () => {
    const ports = [
      { TargetPort: 80, PublishedPort: 18_080, PublishMode: 'host', Protocol: 'tcp' },
      { TargetPort: 53, PublishMode: 'host', Protocol: 'udp' },
    ];
    const task = await running({ ports });
    expect(manager.statusOf(task)?.portStatus?.ports).toEqual([
      { name: '', protocol: 'udp', targetPort: 53, publishedPort: expect.any(Number), publishMode: 'host' },
      { name: '', protocol: 'tcp', targetPort: 80, publishedPort: 18_080, publishMode: 'host' },
    ]);
    const rival = own({ ports: ports.slice(0, 1) });
    manager.assign(rival);
    await until(rival, TaskState.failed);
    expect(manager.statusOf(rival)?.err).toMatch(/port is already allocated/);
  });

  it('asks for no more than a real engine understands', async () => {
    const task = await running({
      container: {
        Env: ['A=1'],
        Dir: '/tmp',
        User: '65534',
        Groups: ['0'],
        Hostname: 'web-host',
        TTY: true,
        OpenStdin: true,
        ReadOnly: true,
        StopSignal: 'SIGTERM',
        Hosts: ['10.0.0.9 db'],
        DNSConfig: { Nameservers: ['9.9.9.9'], Search: ['lan'], Options: ['ndots:2'] },
        Sysctls: { 'net.ipv4.ip_unprivileged_port_start': '80' },
        CapabilityAdd: ['CAP_NET_RAW'],
        CapabilityDrop: ['CAP_MKNOD'],
        Ulimits: [{ Name: 'nofile', Soft: 64, Hard: 128 }],
        OomScoreAdj: 100,
        Privileges: { NoNewPrivileges: true, Seccomp: { Mode: 'unconfined' } },
        Mounts: [
          { Type: 'tmpfs', Target: '/scratch', TmpfsOptions: { SizeBytes: 1_048_576, Mode: 0o700 } },
          { Type: 'volume', Source: 'named', Target: '/named', VolumeOptions: { Labels: { a: 'b' } } },
          { Type: 'bind', Source: '/etc', Target: '/host-etc', ReadOnly: true, BindOptions: { Propagation: 'rprivate' } },
        ],
      },
      spec: {
        Resources: {
          Limits: { NanoCPUs: SECOND / 2, MemoryBytes: 33_554_432, Pids: 50 },
          Reservations: { MemoryBytes: 16_777_216 },
        },
        LogDriver: { Name: 'json-file', Options: { 'max-size': '1m' } },
      },
    });
    const { HostConfig, Config } = await containerOf(task);
    expect(Config.Env).toContain('A=1');
    expect(HostConfig).toMatchObject({
      ...{
        NanoCpus: SECOND / 2,
        Memory: 33_554_432,
        MemoryReservation: 16_777_216,
        PidsLimit: 50,
        ReadonlyRootfs: true,
        OomScoreAdj: 100,
      },
      ...{ ExtraHosts: ['db:10.0.0.9'], Dns: ['9.9.9.9'], GroupAdd: ['0'], CapDrop: ['CAP_MKNOD'] },
      ...{ LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } }, RestartPolicy: { Name: 'no' } },
    });
    await host.exec('docker', ['exec', HostConfig ? (await containerOf(task)).Id : '', 'grep', 'db', '/etc/hosts']);
    manager.forgetAll();
    await untilGone();
    await host.exec('docker', ['volume', 'rm', 'named']);
  });

  it('leaves alone what is not its own, even what stock Swarm has labelled', async () => {
    const foreign = (
      await host.exec('docker', ['run', '-d', '--label', 'com.docker.swarm.task.id=x', 'busybox', 'sleep', '3600'])
    ).stdout.trim();
    const task = await running();
    agent.signal('SIGTERM');
    await eventually(() => !agent.isRunning(), { reason: 'the agent leaves' });
    const other = (
      await host.exec('docker', [
        'run',
        '-d',
        '--label',
        `io.swarmctl.node=${nodeId}`,
        '--label',
        'io.swarmctl.task=abcdefghijklmnopqrstuvwxy',
        '--label',
        'io.swarmctl.cluster=other',
        'busybox',
        'sleep',
        '3600',
      ])
    ).stdout.trim();
    agent = startAgent();
    manager.forget(task);
    await eventually(async () => (await containers()).length === 2, {
      reason: 'its own container is gone',
      timeoutMs: PATIENCE_MS,
    });
    expect((await containers()).map(({ Id }) => Id).sort()).toEqual([foreign, other].sort());
    await host.exec('docker', ['rm', '-f', foreign, other]);
  });

  it('removes a container of ours that belongs to no task', async () => {
    const task = await running();
    await agent.kill();
    manager.forget(task);
    agent = startAgent();
    await untilGone();
  });

  it('comes back after a SIGKILL without touching what runs, and knows what ended meanwhile', async () => {
    const [survivor, victim] = [await running(), await running()];
    const before = await containerOf(survivor);
    await agent.kill();
    await host.exec('docker', ['kill', (await containerOf(victim)).Id]);
    agent = startAgent();
    await until(victim, TaskState.failed);
    expect(manager.statusOf(victim)).toMatchObject({ err: 'task: non-zero exit (137)', containerStatus: { exitCode: 137 } });
    const after = await containerOf(survivor);
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
    expect(manager.hellos.at(-1)?.nodeId).toBe(nodeId);
  });

  it('says that its engine is away, and tells the truth soon after it is back', async () => {
    const [survivor, victim] = [await running(), await running()];
    const before = await containerOf(survivor);
    const { Pid } = (await containerOf(victim)).State;
    await host.killEngine();
    await eventually(() => /does not answer/.test(manager.engineErrors.at(-1) ?? ''), { reason: 'the engine is missed' });
    await host.exec('kill', ['-9', String(Pid)]);
    await host.startEngine();
    await eventually(() => manager.engineErrors.at(-1) === '' && manager.isIn(victim, TaskState.failed), {
      reason: 'the truth is known',
      timeoutMs: RETURN_MS,
    });
    const after = await containerOf(survivor);
    expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
    expect(isTerminal(manager.statusOf(survivor)?.state ?? TaskState.new)).toBe(false);
  });

  it('describes its node anew when the engine is back with other labels and generic resources', async () => {
    host.configureEngine({ labels: ['zone=b', 'disk=hdd'], 'node-generic-resources': ['gpu=UUID1', 'gpu=UUID2', 'fpga=3'] });
    try {
      await host.killEngine();
      await host.startEngine();
      const described = {
        // The agent's own label and count win over the engine's.
        engine: { labels: { zone: 'b', disk: 'ssd' } },
        resources: {
          genericResources: [
            { namedResourceSpec: { kind: 'gpu', value: 'UUID1' } },
            { namedResourceSpec: { kind: 'gpu', value: 'UUID2' } },
            { discreteResourceSpec: { kind: 'fpga', value: 2 } },
          ],
        },
      };
      await eventually(() => expect(manager.descriptions.at(-1)).toMatchObject(described), {
        reason: 'the node is described',
        timeoutMs: RETURN_MS,
      });
    } finally {
      host.configureEngine({});
      await host.killEngine();
      await host.startEngine();
    }
  });

  it('tells a container what it was given of the generic resources', async () => {
    const gpus = ['UUID1', 'UUID2'].map((value) => ({
      namedResourceSpec: { kind: 'gpu', value },
      discreteResourceSpec: undefined,
    }));
    const fpgas = { discreteResourceSpec: { kind: 'fpga', value: 2 }, namedResourceSpec: undefined };
    const task: Task = { ...own(), genericResources: [...gpus, fpgas] };
    manager.assign(task);
    await until(task, TaskState.running);
    const env = (await host.exec('docker', ['exec', (await containerOf(task)).Id, 'env'])).stdout.split('\n');
    expect(env).toEqual(expect.arrayContaining(['DOCKER_RESOURCE_GPU=UUID1,UUID2', 'DOCKER_RESOURCE_FPGA=2']));
  });

  it('starts without its engine, and describes the node once that is there', async () => {
    agent.signal('SIGTERM');
    await eventually(() => !agent.isRunning(), { reason: 'the agent leaves' });
    await host.killEngine();
    const sessions = manager.hellos.length;
    agent = startAgent();
    await eventually(() => manager.hellos.length > sessions && manager.engineErrors.at(-1) !== '', {
      reason: 'it says what is wrong',
    });
    expect(manager.hellos.at(-1)?.description).toMatchObject({
      hostname: 'n1',
      engine: { labels: { disk: 'ssd' }, engineVersion: '' },
    });
    await host.startEngine();
    await eventually(() => Boolean(manager.descriptions.at(-1)?.engine?.engineVersion), {
      reason: 'the node is described',
      timeoutMs: RETURN_MS,
    });
    await running();
  });

  it('notices an engine that hangs', async () => {
    await host.killEngine('SIGSTOP');
    try {
      const waiting = own();
      manager.assign(waiting);
      await eventually(() => /took longer/.test(manager.engineErrors.at(-1) ?? ''), { reason: 'the engine is missed' });
      await host.killEngine('SIGCONT');
      await until(waiting, TaskState.running);
    } finally {
      await host.killEngine('SIGCONT');
    }
    await eventually(() => manager.engineErrors.at(-1) === '', { reason: 'the engine is back' });
  });

  it('finds a manager again within a second, and tells it everything anew', async () => {
    const task = await running();
    manager.kill();
    manager.told.clear();
    const sessions = manager.hellos.length;
    // Enough for the wait between two tries to have grown as long as it gets.
    await manager.dropConnections(6);
    await manager.listen();
    await eventually(() => manager.hellos.length > sessions, { reason: 'the agent is back', timeoutMs: 1_000 });
    await until(task, TaskState.running);
  });

  describe('while no manager can be reached', () => {
    const whileCutOff = async (work: () => Promise<void>): Promise<void> => {
      manager.kill();
      try {
        // It tries to connect anew, so it knows.
        await manager.dropConnections(1);
        manager.told.clear();
        await work();
      } finally {
        await manager.listen();
      }
    };
    const inspect = (id: string): Promise<Inspected> => host.docker.json({ path: `/containers/${id}/json` });
    const untilRestarted = ({ Id, State }: Inspected): Promise<unknown> =>
      eventually(
        async () => {
          const { State: now } = await inspect(Id);
          return now.Status === 'running' && now.StartedAt !== State.StartedAt;
        },
        { reason: 'the container runs again', timeoutMs: PATIENCE_MS },
      );
    const crash = async (id: string): Promise<void> => {
      const before = await inspect(id);
      await host.exec('kill', ['-9', String(before.State.Pid)]);
      await untilRestarted(before);
    };

    const end = async ({ Id, State }: Inspected): Promise<void> => {
      await host.exec('kill', ['-9', String(State.Pid)]);
      await eventually(async () => (await inspect(Id)).State.Status === 'exited', { reason: 'the container has ended' });
    };

    it('a crashed container is started again, which is told afterwards', async () => {
      const task = await running({ spec: { RestartPolicy: { Delay: SECOND / 5 } } });
      const { Id } = await containerOf(task);
      await whileCutOff(async () => {
        await crash(Id);
        await crash(Id);
      });
      await eventually(() => manager.statusOf(task) !== undefined, { reason: 'the agent is back', timeoutMs: RETURN_MS });
      expect(manager.told.get(task.id)).toEqual([
        expect.objectContaining({
          state: TaskState.running,
          restarts: 2,
          message: 'restarted 2 times while no manager could be reached; last exit code 137',
          containerStatus: { containerId: Id, pid: (await inspect(Id)).State.Pid, exitCode: 0 },
        }),
      ]);
    });

    it('one that its policy leaves ended is reported afterwards', async () => {
      const task = await running({ spec: { RestartPolicy: { Condition: 'none' } } });
      const before = await containerOf(task);
      await whileCutOff(() => end(before));
      await until(task, TaskState.failed);
      expect((await inspect(before.Id)).State).toMatchObject({ Status: 'exited', StartedAt: before.State.StartedAt });
    });

    it('one whose delay is not over when a manager is back is left to that', async () => {
      const task = await running({ spec: { RestartPolicy: { Delay: 3_600 * SECOND } } });
      const before = await containerOf(task);
      await whileCutOff(() => end(before));
      await until(task, TaskState.failed);
      expect(manager.statusOf(task)?.err).toBe('task: non-zero exit (137)');
      expect((await inspect(before.Id)).State).toMatchObject({ Status: 'exited', StartedAt: before.State.StartedAt });
    });

    it('one that turns unhealthy is stopped and started again', async () => {
      const task = await running({
        container: {
          Command: ['sh', '-c', "trap 'exit 0' TERM; touch /tmp/good; sleep 3600 & wait"],
          Healthcheck: { Test: ['CMD-SHELL', 'test -f /tmp/good'], Interval: SECOND / 4, Timeout: SECOND, Retries: 2 },
        },
        spec: { RestartPolicy: { Delay: SECOND / 5 } },
      });
      const before = await containerOf(task);
      await whileCutOff(async () => {
        await host.exec('docker', ['exec', before.Id, 'rm', '/tmp/good']);
        await untilRestarted(before);
      });
      await eventually(() => manager.statusOf(task) !== undefined, { reason: 'the agent is back', timeoutMs: RETURN_MS });
      expect(manager.statusOf(task)).toMatchObject({
        state: TaskState.running,
        message: 'restarted once while no manager could be reached; it was unhealthy',
      });
    });
  });

  it('begins a new session when a set of assignments is missing', async () => {
    const sessions = manager.hellos.length;
    const task = own();
    manager.skipOne();
    manager.assign(task);
    await eventually(() => manager.hellos.length > sessions, { reason: 'the agent comes back', timeoutMs: RETURN_MS });
    await until(task, TaskState.running);
  });
});
