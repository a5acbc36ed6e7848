import { Lab } from '../lab/lab';
import { ApiClient } from './api-client';
import { readCounts } from './bench-options';
import { reportLine, spreadOf, verdictLine } from './figures';
import { RawEngines } from './raw-engines';
import { ServiceDriver, type ServiceShape, type UpdateOrder, type UpdateTimes } from './service-driver';
import { StockSwarm, Swarmctl, type Side } from './swarm-sides';

const HOSTS = ['n1', 'n2', 'n3'];
const DEFAULTS = { rounds: 3, replicas: 30, parallelism: 5 };
const TARGET = 0.9;
const UPDATE_MONITOR_SECONDS = 1;
const UPDATE_GRACE_SECONDS = 1;

/** Milliseconds by what was measured, in the order of the work. */
type Figures = Map<string, number[]>;

/** The same work on stock Docker Swarm and on swarmctl: same hosts, same engines, same observer, taking turns. */
async function main(): Promise<void> {
  const counts = readCounts(DEFAULTS, process.argv.slice(2));
  const lab = await Lab.up({ name: 'bench-swarm', hosts: HOSTS, swarmMode: true });
  try {
    const engines = new RawEngines(lab.hosts.map(({ dockerSocket }) => dockerSocket));
    const sides: Side[] = [new StockSwarm(lab), new Swarmctl(lab)];
    const figures = new Map(sides.map(({ name }): [string, Figures] => [name, new Map()]));
    const bare: Figures = new Map();
    for (let round = 0; round < counts.rounds; round++) {
      // Whoever goes second finds warm caches: each is second in turn.
      const order = round % 2 === 0 ? sides : [...sides].reverse();
      for (const side of order) await oneTurn(side, engines, { ...counts, figures: figures.get(side.name) as Figures });
      await bareTurn(engines, { ...counts, figures: bare });
    }
    report(sides, figures);
    for (const [what, samples] of bare) console.log(reportLine(what, samples));
    engines.close();
  } finally {
    await lab.down();
  }
}

interface Turn {
  readonly replicas: number;
  readonly parallelism: number;
  readonly figures: Figures;
}

async function oneTurn(side: Side, engines: RawEngines, turn: Turn): Promise<void> {
  const api = new ApiClient(await side.start());
  await new Work(api, engines, turn).run();
  api.close();
  await side.stop();
  await engines.untilQuiet();
}

/** What the engines take for the same containers when nobody orchestrates: no side can be much faster. */
async function bareTurn(engines: RawEngines, { replicas, figures }: Turn): Promise<void> {
  const count = 3 * replicas;
  const containers = await measure(figures, `${count} containers, bare engines, until all run`, () => engines.startAll(count));
  await measure(figures, `remove ${count} containers, bare engines`, () => engines.removeAll(containers));
  await engines.untilQuiet();
}

async function measure<T>(figures: Figures, what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  record(figures, what, performance.now() - startedAt);
  return result;
}

function record(figures: Figures, what: string, ms: number): void {
  figures.set(what, [...(figures.get(what) ?? []), ms]);
}

/** What each side is given to do. */
class Work {
  private services = 0;

  constructor(
    private readonly api: ApiClient,
    private readonly engines: RawEngines,
    private readonly turn: Turn,
  ) {}

  async run(): Promise<void> {
    await this.warmUp();
    await this.createAndScale();
    await this.createAndRemove();
    for (const order of ['stop-first', 'start-first'] as const) await this.update(order);
  }

  /** Until every node has had tasks: what belongs to starting the cluster itself is not measured. */
  private async warmUp(): Promise<void> {
    const service = await this.running({ replicas: 2 * HOSTS.length });
    await this.clear(service);
  }

  private async createAndScale(): Promise<void> {
    const { replicas } = this.turn;
    const service = await measure(this.turn.figures, `${replicas} replicas until all run`, () => this.running({ replicas }));
    await this.engines.untilRunning(replicas);
    await measure(this.turn.figures, `scale from ${replicas} to ${2 * replicas} until all run`, async () => {
      await service.scale(2 * replicas);
      await service.untilRunning(2 * replicas);
    });
    await this.engines.untilRunning(2 * replicas);
    await this.clear(service);
  }

  private async createAndRemove(): Promise<void> {
    const replicas = 3 * this.turn.replicas;
    const service = await measure(this.turn.figures, `${replicas} replicas until all run`, () => this.running({ replicas }));
    await this.engines.untilRunning(replicas);
    await measure(this.turn.figures, `remove ${replicas} until no container is left`, async () => {
      await service.remove();
      await this.engines.untilEmpty();
    });
    await service.untilForgotten();
    await this.engines.untilQuiet();
  }

  private async update(order: UpdateOrder): Promise<void> {
    const { replicas, parallelism } = this.turn;
    const update = { parallelism, order, monitorSeconds: UPDATE_MONITOR_SECONDS };
    const service = await this.running({ replicas, graceSeconds: UPDATE_GRACE_SECONDS, update });
    await this.engines.untilRunning(replicas);
    this.recordUpdate(`update ${replicas}, ${parallelism} at a time, ${order}`, await service.update(replicas));
    await this.engines.untilRunning(replicas);
    await this.clear(service);
  }

  private recordUpdate(what: string, { runningMs, completedMs }: UpdateTimes): void {
    record(this.turn.figures, `${what}, until all new tasks run`, runningMs);
    record(this.turn.figures, `${what}, until completed`, completedMs);
  }

  private async running(shape: ServiceShape): Promise<ServiceDriver> {
    const service = await ServiceDriver.create(this.api, `work${++this.services}`, shape);
    await service.untilRunning(shape.replicas);
    return service;
  }

  private async clear(service: ServiceDriver): Promise<void> {
    await service.remove();
    await service.untilForgotten();
    await this.engines.untilQuiet();
  }
}

function report([swarm, ours]: Side[], figures: ReadonlyMap<string, Figures>): void {
  for (const [what, theirs] of figures.get(swarm?.name ?? '') ?? []) {
    const own = figures.get(ours?.name ?? '')?.get(what) ?? [];
    console.log(reportLine(`${what}, ${swarm?.name}`, theirs));
    console.log(reportLine(`${what}, ${ours?.name}`, own));
    console.log(verdictLine(what, spreadOf(own).median / spreadOf(theirs).median, TARGET, '×'));
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
