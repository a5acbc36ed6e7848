import { NO_CONTAINERS } from '../../testing/no-containers';
import { NO_FILES } from '../../testing/no-files';
import { NO_OVERLAYS } from '../../testing/no-overlays';
import { join } from 'node:path';
import { isTerminal, TaskState } from '#common/domain';
import { createLogger } from '#common/logging';
import { Assignments_Type } from '#common/dispatcher-proto';
import type { Task } from '#common/proto';
import { eventually } from '#common/testing';
import { Lab } from '../../../../../test/lab/lab';
import type { LabHost } from '../../../../../test/lab/lab-host';
import { aTask, CLUSTER_ID, NODE_ID } from '../../testing/a-task';
import { HostileEngine } from '../../testing/hostile-engine';
import { EngineWatch } from '../../worker/engine-watch';
import { StatusReporter } from '../../worker/status-reporter';
import { Worker } from '../../worker/worker';
import { EngineHealth } from '../engine-health';
import { DockerAdapter } from './docker-adapter';
import { EngineClient } from './engine-client';
import { StartPlaces } from './start-places';

const LAB_TIMEOUT_MS = 240_000;
const CONVERGE_MS = 60_000;
const TASKS = 8;
const FAULT_RATE = 0.2;
const never = new AbortController().signal;
const quietly = { signal: never, tell: (): void => undefined };

jest.setTimeout(LAB_TIMEOUT_MS);

const OBEDIENT = { Command: ['sh', '-c', "trap 'exit 0' TERM; sleep 3600 & wait"] };
const sleeper = (): Task => aTask({ container: OBEDIENT });

/** The same numbers for the same seed (a linear congruential generator). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

interface Listed {
  readonly Id: string;
  readonly State: string;
  readonly Labels: Record<string, string>;
}

let lab: Lab;
let host: LabHost;
beforeAll(async () => {
  lab = await Lab.up({ name: `adapter-${process.pid}`, hosts: ['n1'] });
  host = lab.host('n1');
});
afterAll(() => lab?.down());

function connect(socketPath: string, failed = (): void => undefined) {
  const client = new EngineClient(socketPath, { failed, ended: () => undefined });
  const adapter = new DockerAdapter(client, new StartPlaces(2), NODE_ID, { hostname: 'n1', labels: {}, genericResources: [] });
  return { client, adapter };
}
const containers = (): Promise<Listed[]> => host.docker.json({ path: '/containers/json?all=1' });

describe('a container', () => {
  it('is made once, however often it is asked for', async () => {
    const { client, adapter } = connect(host.dockerSocket);
    const task = sleeper();
    const made = await adapter.prepare(task, CLUSTER_ID, quietly);
    expect(await adapter.prepare(task, CLUSTER_ID, quietly)).toMatchObject({ id: made.id, phase: 'created' });
    expect(await adapter.start(made.id, never)).toMatchObject({ id: made.id, phase: 'running' });
    expect(await adapter.start(made.id, never)).toMatchObject({ id: made.id, phase: 'running' });
    expect(await adapter.find(task)).toMatchObject({ id: made.id });
    await adapter.stop(made);
    await adapter.stop(made);
    await adapter.remove(made.id);
    await adapter.remove(made.id);
    expect(await adapter.inspect(made.id)).toBeUndefined();
    client.close();
  });

  it('of somebody else that has the name is not taken for ours', async () => {
    const { client, adapter } = connect(host.dockerSocket);
    const task = sleeper();
    const foreign = (await host.exec('docker', ['create', '--name', `web.1.${task.id}`, 'busybox'])).stdout.trim();
    await expect(adapter.prepare(task, CLUSTER_ID, quietly)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await adapter.find(task)).toBeUndefined();
    expect(await adapter.list()).toEqual([]);
    await host.exec('docker', ['rm', foreign]);
    client.close();
  });

  it('gets its templates filled in, with what its node is', async () => {
    const { client, adapter } = connect(host.dockerSocket);
    const volumeOptions = { Labels: { who: '{{.Task.Name}}' }, DriverConfig: { Options: { type: 'tmpfs', device: 'tmpfs' } } };
    const container = {
      ...OBEDIENT,
      Env: ['WHERE={{.Node.Hostname}} {{.Node.Platform.OS}}', 'SLOT={{printf "%03s" .Task.Slot}}'],
      Hostname: '{{.Service.Name}}-{{.Task.Slot}}',
      Mounts: [
        { Type: 'volume', Source: '{{.Service.Name}}-data', Target: '/data/{{.Task.Slot}}', VolumeOptions: volumeOptions },
      ],
    };
    const task = aTask({ container, slot: 7 });
    const { id } = await adapter.prepare(task, CLUSTER_ID, quietly);
    const inspected = await host.docker.json<{
      Config: { Env: string[]; Hostname: string };
      Mounts: { Name: string; Destination: string }[];
    }>({ path: `/containers/${id}/json` });
    expect(inspected.Config.Env).toEqual(expect.arrayContaining(['WHERE=n1 linux', 'SLOT=007']));
    expect(inspected.Config.Hostname).toBe('web-7');
    expect(inspected.Mounts).toMatchObject([{ Name: 'web-data', Destination: '/data/7' }]);
    expect(await host.docker.json({ path: '/volumes/web-data' })).toMatchObject({ Labels: { who: `web.7.${task.id}` } });
    await adapter.remove(id);
    await host.exec('docker', ['volume', 'rm', 'web-data']);
    client.close();
  });

  it('whose templates cannot be filled in is not made', async () => {
    const { client, adapter } = connect(host.dockerSocket);
    const task = aTask({ container: { Env: ['A={{slice .Node.Hostname 0 9}}'] } });
    await expect(adapter.prepare(task, CLUSTER_ID, quietly)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('expanding Env A failed'),
    });
    expect(await adapter.list()).toEqual([]);
    client.close();
  });

  it.each(['../images', 'a?force=1', '', 'x'.repeat(64)])('is not asked for by something that is no id: %j', async (id) => {
    const { client, adapter } = connect('/no/engine.sock');
    await expect(adapter.inspect(id)).rejects.toMatchObject({ message: expect.stringContaining('valid id') });
    await expect(adapter.remove(id)).rejects.toMatchObject({ message: expect.stringContaining('valid id') });
    client.close();
  });
});

it('a pull ends as soon as it is interrupted, even while the registry says nothing', async () => {
  const mute =
    "require('net').createServer(() => console.log('connected')).listen(5000, '127.0.0.1', () => console.log('listening'))";
  const registry = host.spawn({ part: 'mute-registry', command: process.execPath, args: ['-e', mute] });
  await eventually(() => registry.logTail().includes('listening'), { reason: 'the registry listens' });
  const { client, adapter } = connect(host.dockerSocket);
  const interrupt = new AbortController();
  const pulling = adapter.prepare(aTask({ container: { Image: '127.0.0.1:5000/slow:1' } }), CLUSTER_ID, {
    ...quietly,
    signal: interrupt.signal,
  });
  await eventually(() => registry.logTail().includes('connected'), { reason: 'the engine pulls' });
  interrupt.abort();
  await expect(pulling).rejects.toMatchObject({ code: 'CANCELLED' });
  await registry.kill();
  client.close();
});

describe.each([1, 2, 3])('an engine that breaks its word, seed %i', (seed) => {
  it('is brought to what is wanted, and back to nothing', async () => {
    const hostile = new HostileEngine(host.dockerSocket, seeded(seed), FAULT_RATE);
    const socket = join(lab.runDir, `hostile-${seed}.sock`);
    await hostile.listen(socket);
    const logger = createLogger('agent', 'silent');
    const stopping = new AbortController();
    const { client, adapter } = connect(socket, () => health.suspect());
    const health = new EngineHealth(adapter, logger);
    const statuses = new StatusReporter();
    const worker = new Worker(
      { executor: adapter, networks: NO_OVERLAYS, files: NO_FILES, containers: NO_CONTAINERS },
      statuses,
      logger,
    );
    const watch = new EngineWatch(adapter, health, worker, logger);
    const states = new Map<string, TaskState>();
    statuses.onUnsent(() => statuses.take().forEach(({ taskId, status }) => status?.state && states.set(taskId, status.state)));
    health.error.onChange((error) => error === '' && (worker.retryNow(), watch.compareNow()));
    const running = [health.run(stopping.signal), watch.run(stopping.signal)];
    const apply = (update: Task[]): void =>
      worker.apply({ type: Assignments_Type.COMPLETE, appliesTo: 0, resultsIn: 1, update, remove: [] });

    try {
      const tasks = Array.from({ length: TASKS }, sleeper);
      worker.joinCluster(CLUSTER_ID);
      apply(tasks);
      // A task may fail under such an engine; then a manager would replace it. None may be left in between.
      const isSettled = (task: Task): boolean =>
        states.get(task.id) === TaskState.running || isTerminal(states.get(task.id) ?? TaskState.new);
      await eventually(() => tasks.every(isSettled), {
        reason: `all tasks have run or failed: ${[...states.values()].join()}`,
        timeoutMs: CONVERGE_MS,
      });
      hostile.behave();
      watch.compareNow();
      const wanted = () => tasks.filter((task) => states.get(task.id) === TaskState.running).map(({ id }) => id);
      const actual = async () =>
        (await containers()).filter(({ State }) => State === 'running').map(({ Labels }) => Labels['io.swarmctl.task']);
      await eventually(async () => expect((await actual()).sort()).toEqual(wanted().sort()), {
        reason: 'exactly one container runs for each running task',
      });
      expect(wanted().length).toBeGreaterThan(TASKS / 2);
      apply([]);
      await eventually(async () => (await containers()).length === 0, { reason: 'no container is left', timeoutMs: CONVERGE_MS });
      expect(hostile.counts.size).toBeGreaterThan(3);
    } finally {
      stopping.abort();
      worker.halt();
      client.close();
      hostile.close();
      await Promise.all(running);
    }
  });
});
