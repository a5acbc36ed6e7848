import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { LabCluster } from '../lab/cluster';
import type { ClusterPart } from '../lab/cluster-layout';
import { eventually } from '#common/testing';
import { Lab } from '../lab/lab';
import { reportLine, spreadOf, verdictLine } from './figures';
import { ApiClient } from './api-client';
import { RawEngines } from './raw-engines';

const HOSTS = ['n1', 'n2', 'n3'];
const SINGLE_RUNS = 20;
const MANY = 90;
const MANY_RUNS = 3;
const RAW_IN_FLIGHT = [2, 4];
/** Often enough to add little to what is measured, seldom enough to leave the cores to the engines. */
const POLL_MS = 4;

interface ServiceState {
  ServiceStatus: { RunningTasks: number };
}

/** How long until a task runs, over what the engine itself takes; how long until many run; what it costs in memory and CPU. */
async function main(): Promise<void> {
  const lab = await Lab.up({ name: 'bench-start', hosts: HOSTS });
  try {
    const cluster = await LabCluster.up(lab, { logLevel: 'warn' });
    const bench = new StartBench(lab, cluster);
    await bench.oneTask();
    await bench.manyTasks();
    await bench.footprint();
    bench.close();
  } finally {
    await lab.down();
  }
}

class StartBench {
  private readonly engines: RawEngines;
  private readonly manager: ApiClient;
  private count = 0;

  constructor(
    lab: Lab,
    private readonly cluster: LabCluster,
  ) {
    this.engines = new RawEngines(lab.hosts.map(({ dockerSocket }) => dockerSocket));
    this.manager = new ApiClient(cluster.managerSocket);
  }

  close(): void {
    this.engines.close();
    this.manager.close();
  }

  /** One task on an idle cluster and the same container on the bare engine, in turn. */
  async oneTask(): Promise<void> {
    const raw: number[] = [];
    const ours: number[] = [];
    for (let run = 0; run < SINGLE_RUNS; run++) {
      raw.push(await this.rawStart(run));
      ours.push(await this.serviceStart(1));
    }
    const added = ours.map((value, i) => value - (raw[i] ?? 0));
    console.log(reportLine('one task, bare engine, create + start', raw));
    console.log(reportLine('one task, create service → RUNNING in the API', ours));
    console.log(reportLine('added, pair by pair', added));
    console.log(verdictLine('added by us, median', spreadOf(added).median, 50, 'ms'));
  }

  /** Ninety tasks on three hosts, and ninety containers on the same three bare engines with each number in flight, in turn. */
  async manyTasks(): Promise<void> {
    const raw = new Map<number, number[]>(RAW_IN_FLIGHT.map((inFlight) => [inFlight, []]));
    const ours: number[] = [];
    for (let run = 0; run < MANY_RUNS; run++) {
      for (const inFlight of RAW_IN_FLIGHT) raw.get(inFlight)?.push(await this.rawMany(inFlight));
      ours.push(await this.serviceStart(MANY));
    }
    for (const [inFlight, samples] of raw)
      console.log(reportLine(`${MANY} containers, bare engines, ${inFlight} in flight each`, samples));
    console.log(reportLine(`${MANY} replicas, create service → all RUNNING in the API`, ours));
    const best = Math.min(...[...raw.values()].map((samples) => spreadOf(samples).median));
    console.log(verdictLine('median over the best raw median', spreadOf(ours).median / best, 1.1, '×'));
  }

  /** Memory with a hundred tasks running, and CPU over half a minute in which nothing happens. */
  async footprint(): Promise<void> {
    const id = await this.createService(100);
    await eventually(async () => (await this.runningCount(id)) === 100, { reason: '100 tasks run', timeoutMs: 120_000 });
    await delay(10_000);
    const parts = [['manager', 'n1'], ...HOSTS.map((host) => ['agent', host])] as [ClusterPart, string][];
    const before = parts.map(([part, host]) => cpuSeconds(this.pid(part, host)));
    const seconds = 30;
    await delay(seconds * 1000);
    parts.forEach(([part, host], i) => {
      const pid = this.pid(part, host);
      const percent = ((cpuSeconds(pid) - (before[i] ?? 0)) / seconds) * 100;
      console.log(verdictLine(`${part} on ${host}, memory`, rssMiB(pid), part === 'manager' ? 150 : 90, 'MB'));
      console.log(verdictLine(`${part} on ${host}, idle CPU`, percent, 1, '%'));
    });
  }

  private pid(part: ClusterPart, host: string): number {
    return this.cluster.process(part, host)?.pid ?? 0;
  }

  private async rawStart(run: number): Promise<number> {
    const engine = this.engines.at(run);
    const startedAt = performance.now();
    const id = await engine.createAndStart();
    const tookMs = performance.now() - startedAt;
    await engine.remove(id);
    await this.engines.untilQuiet();
    return tookMs;
  }

  private async rawMany(inFlight: number): Promise<number> {
    const startedAt = performance.now();
    const ids = await Promise.all(
      this.engines.all.map(async (engine) => {
        const made: string[] = [];
        let left = MANY / this.engines.all.length;
        const worker = async (): Promise<void> => {
          while (left-- > 0) made.push(await engine.createAndStart());
        };
        await Promise.all(Array.from({ length: inFlight }, worker));
        return { engine, made };
      }),
    );
    const tookMs = performance.now() - startedAt;
    for (const { engine, made } of ids) for (const id of made) await engine.remove(id);
    await this.engines.untilQuiet();
    return tookMs;
  }

  private async serviceStart(replicas: number): Promise<number> {
    const startedAt = performance.now();
    const id = await this.createService(replicas);
    while ((await this.runningCount(id)) < replicas) await delay(replicas === 1 ? POLL_MS : 100);
    const tookMs = performance.now() - startedAt;
    await this.manager.send('DELETE', `/services/${id}`);
    await eventually(async () => (await this.manager.send<unknown[]>('GET', '/tasks')).length === 0, {
      reason: 'the tasks are gone',
      timeoutMs: 120_000,
      intervalMs: 100,
    });
    await this.engines.untilQuiet();
    return tookMs;
  }

  private async createService(replicas: number): Promise<string> {
    const spec = {
      Name: `bench${++this.count}`,
      Mode: { Replicated: { Replicas: replicas } },
      TaskTemplate: { ContainerSpec: { Image: 'busybox:latest', Args: ['sleep', '1000000'], StopGracePeriod: 0 } },
    };
    return (await this.manager.send<{ ID: string }>('POST', '/services/create', spec)).ID;
  }

  /** As a client that waits asks for it: a list of ninety tasks, ten times a second, would be a good part of what is measured. */
  private async runningCount(serviceId: string): Promise<number> {
    const filters = encodeURIComponent(JSON.stringify({ id: [serviceId] }));
    const [service] = await this.manager.send<ServiceState[]>('GET', `/services?status=true&filters=${filters}`);
    return service?.ServiceStatus.RunningTasks ?? 0;
  }
}

/** Linux counts CPU in hundredths of a second (USER_HZ). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function rssMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
