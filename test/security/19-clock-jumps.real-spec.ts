import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { eventually } from '#common/testing';
import { AdjustableClock } from '../lab/adjustable-clock';
import { LabCluster, type NodeSummary } from '../lab/cluster';
import type { ClusterPart } from '../lab/cluster-layout';
import { Lab } from '../lab/lab';
import { commandEnvironment } from '../lab/run-command';
import { sleeper, SwarmUnderTest, type SpecJson, type TaskJson } from '../e2e/swarm-under-test';

const SWARMCTL = join(__dirname, '../../node_modules/.bin/swarmctl');
const SECOND = 1e9;
const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;
/** Longer than three heartbeats and the leader's lease. */
const HOLD_MS = 4_000;
const LEADS = /"msg":"became leader"/g;

/** A ticking container whose output can be followed. */
const TICKER = {
  Image: 'busybox:latest',
  Command: ['sh', '-c', 'while true; do echo tick; sleep 1; done'],
  StopSignal: 'SIGKILL',
};
const withEnv = (value: string) => (spec: SpecJson) => ({
  ...spec,
  TaskTemplate: {
    ...spec.TaskTemplate,
    ContainerSpec: { ...sleeper(), Env: [`A=${value}`] } as SpecJson['TaskTemplate']['ContainerSpec'],
  },
});
const withReplicas = (Replicas: number) => (spec: SpecJson) => ({ ...spec, Mode: { Replicated: { Replicas } } });

describe('promise 19: a clock that is set harms nothing', () => {
  let swarm: SwarmUnderTest;
  let clocks: Record<'manager' | 'agent' | 'swarmctl', AdjustableClock>;
  const following = new AbortController();
  let events: { text: string };
  let logs: { text: string };

  beforeAll(async () => {
    const lab = await Lab.up({ name: 'clocks', hosts: ['n1', 'n2'] });
    const cluster = await LabCluster.create(lab);
    swarm = SwarmUnderTest.around(lab, cluster);
    const clockOf = (part: string): AdjustableClock => new AdjustableClock(join(lab.root, `${part}.clock`));
    clocks = { manager: clockOf('manager'), agent: clockOf('agent'), swarmctl: clockOf('swarmctl') };
    for (const { part, host } of cluster.parts()) cluster.start(part, host, envOf(part));
    await cluster.ready();
    await swarm.create({ Name: 'steady', TaskTemplate: { ContainerSpec: TICKER }, Mode: { Global: {} } });
    await swarm.createSleepers('web', 2, {}, { UpdateConfig: { Parallelism: 1, Delay: 1 * SECOND, Monitor: 1 * SECOND } });
    await swarm.untilRunning('steady', 2);
    await swarm.untilRunning('web', 2);
    events = follow('/events');
    logs = follow('/services/steady/logs?stdout=1&follow=1&tail=0');
  }, 120_000);
  afterAll(async () => {
    following.abort();
    await swarm?.down();
  });

  const envOf = (part: ClusterPart): Readonly<Record<string, string>> => (part === 'etcd' ? {} : clocks[part].env);

  /** What a stream of the API has given so far. */
  function follow(path: string): { text: string } {
    const followed = { text: '' };
    const options = { socketPath: swarm.cluster.managerSocket, path: `/v1.41${path}`, signal: following.signal };
    const asked = request(options, (answer) => answer.on('data', (chunk: Buffer) => (followed.text += chunk.toString('latin1'))));
    asked.on('error', () => undefined).end();
    return followed;
  }

  /** What a swarmctl that follows has printed so far. */
  function followBySwarmctl(...args: string[]): { text: string } {
    const followed = { text: '' };
    const env = commandEnvironment({ SWARMCTL_HOST: swarm.host, ...clocks.swarmctl.env });
    const child = spawn(SWARMCTL, args, { env, stdio: ['ignore', 'pipe', 'inherit'], signal: following.signal });
    child.stdout.on('data', (chunk: Buffer) => (followed.text += chunk.toString()));
    child.on('error', () => undefined);
    return followed;
  }

  const timesLed = (): number => readFileSync(swarm.cluster.process('manager')?.logFile ?? '', 'utf8').match(LEADS)?.length ?? 0;
  const steadyOnes = async (): Promise<string[]> =>
    (await swarm.tasks('steady')).map(({ ID, Status }) => `${ID} ${Status.State} ${Status.ContainerStatus?.ContainerID}`).sort();
  /** By how many seconds a program is ahead of this one, by what it has written of each task. */
  async function aheadBy(part: 'manager' | 'agent'): Promise<number[]> {
    const tasks = (await swarm.running('web')) as (TaskJson & { CreatedAt: string; Status: { Timestamp: string } })[];
    const times = tasks.map(({ CreatedAt, Status }) => (part === 'manager' ? CreatedAt : Status.Timestamp));
    return times.map((time) => (Date.parse(time) - Date.now()) / 1_000);
  }
  const downNodes = async (): Promise<NodeSummary[]> =>
    (await swarm.cluster.nodes()).filter(({ Status }) => Status?.State !== 'ready');

  /** Looks again and again until `work` is done, and `HOLD_MS` at least. */
  async function whileHolding(check: () => Promise<void>, work: () => Promise<unknown>): Promise<void> {
    const until = performance.now() + HOLD_MS;
    let isOver = false;
    const working = work().finally(() => (isOver = true));
    while (!isOver || performance.now() < until) await check();
    await working;
  }

  it.each([
    { part: 'manager', jump: '1 hour ahead', seconds: HOUR_S },
    { part: 'manager', jump: '1 hour back', seconds: -HOUR_S },
    { part: 'manager', jump: '400 days ahead', seconds: 400 * DAY_S },
    { part: 'agent', jump: '1 hour ahead', seconds: HOUR_S },
    { part: 'agent', jump: '1 hour back', seconds: -HOUR_S },
    { part: 'agent', jump: '400 days ahead', seconds: 400 * DAY_S },
  ] as const)(
    'under the $part, $jump: nodes, tasks, the leader and streams stay, an update completes and a scale works',
    async ({ part, jump, seconds }) => {
      const before = { steady: await steadyOnes(), led: timesLed(), logs: logs.text.length };
      await swarm.updateService('web', withEnv(`${part} ${jump}`));
      await swarm.untilUpdate('web', 'updating');
      clocks[part].set(seconds);
      await whileHolding(
        async () => {
          expect(await downNodes()).toEqual([]);
          expect(await steadyOnes()).toEqual(before.steady);
        },
        () => swarm.untilUpdate('web', 'completed'),
      );
      expect((await aheadBy(part)).some((ahead) => Math.abs(ahead - seconds) < 30)).toBe(true);
      expect(timesLed()).toBe(before.led);
      await swarm.updateService('web', withReplicas(3));
      await swarm.untilRunning('web', 3);
      await swarm.updateService('web', withReplicas(2));
      await swarm.untilRunning('web', 2);
      await eventually(() => logs.text.length > before.logs, { reason: 'logs go on' });
      await eventually(() => events.text.split('"updatestate.new":"completed"').length > 1, { reason: 'events go on' });
      events.text = '';
    },
    40_000,
  );

  it('under swarmctl, while it waits and follows: it waits as long as it would have, and goes on', async () => {
    const logsFollowed = followBySwarmctl('service', 'logs', '--follow', '--tail', '0', 'steady');
    const eventsFollowed = followBySwarmctl('events', '--filter', 'type=service');
    for (const seconds of [HOUR_S, -HOUR_S, 400 * DAY_S]) {
      clocks.swarmctl.set(0);
      const startedAt = performance.now();
      const seen = { logs: logsFollowed.text.length, events: eventsFollowed.text.length };
      const ended = swarm.swarmctlIn(clocks.swarmctl.env, 'service', 'update', '--env-add', `B=${seconds}`, 'web');
      await swarm.untilUpdate('web', 'updating');
      clocks.swarmctl.set(seconds);
      await ended;
      expect((await swarm.service('web')).UpdateStatus?.State).toBe('completed');
      expect(performance.now() - startedAt).toBeGreaterThan(2_000);
      await eventually(() => logsFollowed.text.length > seen.logs, { reason: 'its logs go on' });
      await eventually(() => eventsFollowed.text.length > seen.events, { reason: 'its events go on' });
    }
    following.abort();
  }, 40_000);

  it('a manager that starts with another clock orphans nothing of a node that has just gone down', async () => {
    await swarm.cluster.kill('agent', 'n2');
    await eventually(async () => (await downNodes()).length === 1, { reason: 'n2 is down', timeoutMs: 15_000 });
    await swarm.cluster.kill('manager');
    clocks.manager.set(800 * DAY_S);
    swarm.cluster.start('manager', undefined, clocks.manager.env);
    await eventually(async () => (await swarm.service('web')) !== undefined, { reason: 'it serves', timeoutMs: 20_000 });
    await swarm.updateService('web', withReplicas(4));
    await swarm.untilRunning('web', 4);
    const states = (await swarm.tasks()).map(({ Status }) => Status.State);
    expect(states).not.toContain('orphaned');
    swarm.cluster.start('agent', 'n2', clocks.agent.env);
    await eventually(async () => (await downNodes()).length === 0, { reason: 'n2 is back', timeoutMs: 15_000 });
    await swarm.untilRunning('steady', 2);
  }, 60_000);
});
