import { Lab } from '../lab/lab';
import { LabCluster } from '../lab/cluster';
import { ApiClient } from './api-client';
import { readCounts } from './bench-options';
import { reportLine, spreadOf, verdictLine } from './figures';
import { RawEngines, type RawContainer } from './raw-engines';
import { ServiceDriver, type UpdateTimes } from './service-driver';

const HOSTS = ['n1', 'n2', 'n3'];
const DEFAULTS = { runs: 5, replicas: 30, parallelism: 5 };
const TARGET = 1.25;
const MONITOR_SECONDS = 1;
const NEXT_IMAGE = 'busybox:2';

/** A start-first rolling update, and the same rounds on the bare engines, in turn. */
async function main(): Promise<void> {
  const counts = readCounts(DEFAULTS, process.argv.slice(2));
  const lab = await Lab.up({ name: 'bench-update', hosts: HOSTS });
  try {
    const cluster = await LabCluster.up(lab, { logLevel: 'warn' });
    const engines = new RawEngines(lab.hosts.map(({ dockerSocket }) => dockerSocket));
    const api = new ApiClient(cluster.managerSocket);
    await new UpdateBench(api, engines, counts).run();
    engines.close();
    api.close();
  } finally {
    await lab.down();
  }
}

class UpdateBench {
  private readonly startOnly: number[] = [];
  private readonly startAndEnd: number[] = [];
  private readonly ours: UpdateTimes[] = [];

  constructor(
    private readonly api: ApiClient,
    private readonly engines: RawEngines,
    private readonly counts: typeof DEFAULTS,
  ) {}

  async run(): Promise<void> {
    for (let run = 0; run < this.counts.runs; run++) {
      this.startOnly.push(...(await this.rawRounds({ endsOld: false })));
      this.startAndEnd.push(...(await this.rawRounds({ endsOld: true })));
      this.ours.push(await this.rollingUpdate(run));
    }
    this.report();
  }

  /**
   * The update by hand: `parallelism` new containers are made and started at once, dealt out over the engines, and when all of them
   * run the next round begins. The container that each one replaces is ended beside that, as soon as the new one runs.
   * @returns milliseconds of each round
   */
  private async rawRounds({ endsOld }: { endsOld: boolean }): Promise<number[]> {
    const { replicas, parallelism } = this.counts;
    const old = await this.engines.startAll(replicas);
    const started: RawContainer[] = [];
    const ending: Promise<void>[] = [];
    const rounds: number[] = [];
    for (let first = 0; first < replicas; first += parallelism) {
      const startedAt = performance.now();
      const batch = old.slice(first, first + parallelism).map(async ({ engine, id: oldId }) => {
        started.push({ engine, id: await engine.createAndStart(NEXT_IMAGE) });
        if (endsOld) ending.push(engine.stop(oldId, 0));
      });
      await Promise.all(batch);
      rounds.push(performance.now() - startedAt);
    }
    await Promise.all(ending);
    await this.engines.removeAll([...old, ...started]);
    await this.engines.untilQuiet();
    return rounds;
  }

  private async rollingUpdate(run: number): Promise<UpdateTimes> {
    const { replicas, parallelism } = this.counts;
    const update = { parallelism, order: 'start-first', monitorSeconds: MONITOR_SECONDS } as const;
    const service = await ServiceDriver.create(this.api, `update${run}`, { replicas, update });
    await service.untilRunning(replicas);
    await this.engines.untilRunning(replicas);
    const times = await service.update(replicas);
    await this.engines.untilRunning(replicas);
    await service.remove();
    await service.untilForgotten();
    await this.engines.untilQuiet();
    return times;
  }

  private report(): void {
    const { replicas, parallelism } = this.counts;
    const rounds = Math.ceil(replicas / parallelism);
    const idealMs = rounds * spreadOf(this.startAndEnd).median;
    const startsMs = rounds * spreadOf(this.startOnly).median;
    const running = this.ours.map(({ runningMs }) => runningMs);
    const completed = this.ours.map(({ completedMs }) => completedMs);
    const what = `update of ${replicas}, ${parallelism} at a time, start-first`;
    console.log(
      reportLine(`one round on bare engines: ${parallelism} start, those they replace are ended beside`, this.startAndEnd),
    );
    console.log(reportLine(`one round on bare engines: ${parallelism} start, nothing is ended`, this.startOnly));
    console.log(`ideal of ${rounds} rounds: ${idealMs.toFixed(0)} ms; of the starts alone: ${startsMs.toFixed(0)} ms`);
    console.log(reportLine(`${what}, until all new tasks run`, running));
    console.log(reportLine(`${what}, until completed`, completed));
    const runningMs = spreadOf(running).median;
    console.log(verdictLine('until all new tasks run, over the ideal', runningMs / idealMs, TARGET, '×'));
    console.log(verdictLine('until all new tasks run, over the starts alone', runningMs / startsMs, TARGET, '×'));
    const idealCompletedMs = idealMs + MONITOR_SECONDS * 1_000;
    console.log(
      verdictLine(
        `until completed, over the ideal and ${MONITOR_SECONDS} s of monitor`,
        spreadOf(completed).median / idealCompletedMs,
        TARGET,
        '×',
      ),
    );
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
