import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '#common/testing';
import { ApiClient } from './api-client';
import { readCounts } from './bench-options';
import { reportLine, spreadOf } from './figures';
import type { HeldCluster } from './held-cluster';
import { RawEngines } from './raw-engines';

const DEFAULTS = { pairs: 24, many: 3, rounds: 15, creates: 500, inspects: 2_000, warmUp: 5_000 };
const MANY = 90;
const IN_FLIGHT = 8;
const POLL_MS = 4;
const MANY_POLL_MS = 100;
const GONE_MS = 120_000;
const US_PER_MS = 1_000;
const KIB_PER_MIB = 1_024;

type Counts = typeof DEFAULTS;

/**
 * This checkout beside another one (`--against FOLDER`, built), each with a cluster on three hosts, in turn in one run: what a change
 * costs. Ratios are taken pair by pair, since the machine's pace changes in the course of a run.
 */
async function main(): Promise<void> {
  const [flag, folder, ...rest] = process.argv.slice(2);
  if (flag !== '--against' || !folder)
    throw new Error('use --against FOLDER, a checkout that has been built, and then the counts');
  const counts = readCounts(DEFAULTS, rest);
  const sides: Side[] = [];
  try {
    sides.push(await Side.start('before', folder));
    sides.push(await Side.start('after', join(__dirname, '../../..')));
    const [before, after] = sides as [Side, Side];
    for (const side of sides) await side.warmUp(counts);
    for (let pair = 0; pair < counts.pairs; pair++) await inTurn(pair, sides, (side) => side.start(1, 'one task'));
    for (let pair = 0; pair < counts.many; pair++) await inTurn(pair, sides, (side) => side.start(MANY, `${MANY} tasks`));
    for (let round = 0; round < counts.rounds; round++) await inTurn(round, sides, (side) => side.rates(round, counts));
    for (const side of sides) side.memory();
    for (const what of before.samples.keys()) report(what, before.samples.get(what) ?? [], after.samples.get(what) ?? []);
  } finally {
    for (const side of sides) await side.stop();
  }
}

async function inTurn(turn: number, sides: readonly Side[], work: (side: Side) => Promise<void>): Promise<void> {
  for (const side of turn % 2 === 0 ? sides : [...sides].reverse()) await work(side);
}

function report(what: string, before: readonly number[], after: readonly number[]): void {
  const unit = what.slice(what.lastIndexOf(' ') + 1);
  console.log(reportLine(`before: ${what}`, before, unit));
  console.log(reportLine(`after:  ${what}`, after, unit));
  const ratios = after.map((value, index) => value / (before[index] ?? Number.NaN));
  console.log(`after over before, ${what}: median of pairs ${spreadOf(ratios).median.toFixed(3)} ×`);
}

/** A cluster of one checkout, held by a process of that checkout. */
class Side {
  /** By what was measured; the last word of that is the unit. */
  readonly samples = new Map<string, number[]>();
  private readonly api: ApiClient;
  private readonly engines: RawEngines;
  private count = 0;

  private constructor(
    private readonly holder: ChildProcessByStdio<Writable, Readable, null>,
    private readonly cluster: HeldCluster,
  ) {
    this.api = new ApiClient(cluster.managerSocket);
    this.engines = new RawEngines(cluster.dockerSockets);
  }

  static async start(name: string, folder: string): Promise<Side> {
    const program = join(folder, 'dist/test/bench/held-cluster.js');
    if (!existsSync(program)) throw new Error(`${program} is not there: build that checkout`);
    const holder = spawn(process.execPath, [program, `compare-${name}`], { stdio: ['pipe', 'pipe', 'inherit'], cwd: folder });
    const lines = createInterface(holder.stdout);
    const first = await Promise.race([once(lines, 'line'), once(holder, 'exit').then(() => undefined)]);
    if (!first) throw new Error(`the cluster of ${folder} did not start`);
    return new Side(holder, JSON.parse(first[0] as string) as HeldCluster);
  }

  async stop(): Promise<void> {
    this.api.close();
    this.engines.close();
    this.holder.stdin.end();
    await once(this.holder, 'exit');
  }

  /** Node compiles what it runs often: both sides are measured at their pace. */
  async warmUp({ warmUp }: Counts): Promise<void> {
    const ids = await this.createIdle(warmUp, 'warm');
    await this.removeAll(ids);
  }

  async start(replicas: number, what: string): Promise<void> {
    const startedAt = performance.now();
    const id = await this.create(`start${++this.count}`, replicas);
    while ((await this.runningCount(id)) < replicas) await delay(replicas === 1 ? POLL_MS : MANY_POLL_MS);
    this.add(`${what}, create → RUNNING, ms`, performance.now() - startedAt);
    await this.removeAll([id]);
    const isOver = async (): Promise<boolean> => (await this.api.send<unknown[]>('GET', '/tasks')).length === 0;
    await eventually(isOver, { reason: 'the tasks are gone', timeoutMs: GONE_MS, intervalMs: MANY_POLL_MS });
    await this.engines.untilQuiet();
  }

  async rates(round: number, { creates, inspects }: Counts): Promise<void> {
    let ids: string[] = [];
    const createMs = await timed(async () => void (ids = await this.createIdle(creates, `round${round}`)));
    this.add('creates, time for each, µs', (createMs / creates) * US_PER_MS);
    const inspect = (index: number): Promise<string> => this.api.sendRaw('GET', `/services/${ids[index % ids.length]}`);
    this.add('inspects, time for each, µs', ((await timed(() => atOnce(inspects, inspect))) / inspects) * US_PER_MS);
    await this.removeAll(ids);
  }

  memory(): void {
    this.add('memory of the manager, MB', residentMiB(this.cluster.managerPid));
    for (const pid of this.cluster.agentPids) this.add('memory of an agent, MB', residentMiB(pid));
  }

  private add(what: string, value: number): void {
    this.samples.set(what, [...(this.samples.get(what) ?? []), value]);
  }

  private async createIdle(count: number, prefix: string): Promise<string[]> {
    const ids: string[] = [];
    await atOnce(count, async (index) => void (ids[index] = await this.create(`${prefix}-${index}`, 0)));
    return ids;
  }

  private async removeAll(ids: readonly string[]): Promise<void> {
    await atOnce(ids.length, (index) => this.api.sendRaw('DELETE', `/services/${ids[index]}`));
  }

  private async create(name: string, replicas: number): Promise<string> {
    const spec = {
      Name: name,
      Mode: { Replicated: { Replicas: replicas } },
      TaskTemplate: { ContainerSpec: { Image: 'busybox:latest', Args: ['sleep', '1000000'], StopGracePeriod: 0 } },
    };
    return (await this.api.send<{ ID: string }>('POST', '/services/create', spec)).ID;
  }

  private async runningCount(id: string): Promise<number> {
    const filters = encodeURIComponent(JSON.stringify({ id: [id] }));
    const path = `/services?status=true&filters=${filters}`;
    const [service] = await this.api.send<{ ServiceStatus: { RunningTasks: number } }[]>('GET', path);
    return service?.ServiceStatus.RunningTasks ?? 0;
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function atOnce(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / KIB_PER_MIB;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
