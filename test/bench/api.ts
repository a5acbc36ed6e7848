import { request } from 'node:http';
import { Lab } from '../lab/lab';
import { LabCluster } from '../lab/cluster';
import { ApiClient } from './api-client';
import { readCounts } from './bench-options';
import { reportLine, spreadOf } from './figures';

/**
 * Node compiles what it runs often, and is at its pace after some 20,000 creates: both sides make so many, and remove them, before the
 * rounds. What a manager does right after its start is told apart: by then the client has been compiled, with Swarm.
 */
const DEFAULTS = { warmUp: 20_000, rounds: 15, services: 1_000, inspects: 2_000, lists: 20, waiting: 50, megabytes: 400 };
const IN_FLIGHT = 8;
const LISTED = 1_000;
const POLL_MS = 200;
const P99 = 0.99;
const TARGET = { create: 1, inspect: 1, list: 1, p99Ms: 100, logMegabytes: 50 };
const MS_PER_SECOND = 1_000;
const MEGABYTE = 1_000_000;
const LINE_BYTES = 4_000;

type Counts = Record<keyof typeof DEFAULTS, number>;

/** Docker's own swarm mode on one host and swarmctl on another, both with one manager, asked in turn by one client. */
async function main(): Promise<void> {
  const counts = readCounts(DEFAULTS, process.argv.slice(2));
  const lab = await Lab.up({ name: 'bench-api', hosts: ['n1', 's1'], swarmMode: true });
  try {
    const cluster = await LabCluster.up(lab, { hosts: ['n1'], logLevel: 'warn' });
    const stock = lab.host('s1');
    await stock.exec('docker', ['swarm', 'init', '--advertise-addr', stock.address]);
    const sides = [new Side('Docker Swarm', stock.dockerSocket), new Side('swarmctl', cluster.managerSocket)] as const;
    for (const side of sides) await side.warmUp(counts);
    for (let round = 0; round < counts.rounds; round++) {
      const order = round % 2 === 0 ? sides : [...sides].reverse();
      for (const side of order) await side.turn(round, counts);
    }
    for (const side of sides) await side.lists(counts);
    report(sides);
    await whileOthersWait(sides[1], counts);
    await logs(sides[1], counts);
    for (const side of sides) side.close();
  } finally {
    await lab.down();
  }
}

class Side {
  /** The first ones after the start. */
  readonly firstCreates: number[] = [];
  readonly creates: number[] = [];
  readonly inspects: number[] = [];
  readonly listMs: number[] = [];
  readonly api: ApiClient;
  private readonly ids: string[] = [];

  constructor(
    readonly name: string,
    readonly socketPath: string,
  ) {
    this.api = new ApiClient(socketPath);
  }

  async warmUp({ warmUp, services }: Counts): Promise<void> {
    this.firstCreates.push(await this.createMany(services, 'first'));
    await this.createMany(warmUp, 'warm');
    await this.removeAllBut(0);
  }

  async turn(round: number, counts: Counts): Promise<void> {
    this.creates.push(await this.createMany(counts.services, `bench-${round}`));
    const id = (index: number): string => this.ids[index % this.ids.length] ?? '';
    this.inspects.push(
      await perSecond(counts.inspects, async (index) => void (await this.api.sendRaw('GET', `/services/${id(index)}`))),
    );
  }

  async lists({ lists }: Counts): Promise<void> {
    await this.createMany(LISTED - this.ids.length, 'more');
    await this.removeAllBut(LISTED);
    for (let i = 0; i < lists; i++) this.listMs.push(await timed(() => this.api.sendRaw('GET', '/services')));
  }

  /** @returns how many a second */
  private createMany(count: number, prefix: string): Promise<number> {
    return perSecond(count, async (index) => void this.ids.push(await this.create(`${prefix}-${index}`)));
  }

  private async removeAllBut(kept: number): Promise<void> {
    const ids = this.ids.splice(kept);
    await perSecond(ids.length, async (index) => void (await this.api.sendRaw('DELETE', `/services/${ids[index]}`)));
  }

  async create(name: string): Promise<string> {
    return (await this.api.send<{ ID: string }>('POST', '/services/create', idle(name))).ID;
  }

  close(): void {
    this.api.close();
  }
}

/** A service with nothing to run. */
function idle(name: string): object {
  return { Name: name, TaskTemplate: { ContainerSpec: { Image: 'busybox:latest' } }, Mode: { Replicated: { Replicas: 0 } } };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** How many pieces of work are done a second, so many at once. */
async function perSecond(count: number, work: (index: number) => Promise<void>): Promise<number> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  const ms = await timed(() => Promise.all(Array.from({ length: IN_FLIGHT }, worker)));
  return (count * MS_PER_SECOND) / ms;
}

function report(sides: readonly Side[]): void {
  const [stock, ours] = sides;
  if (!stock || !ours) return;
  for (const { name, creates, inspects, listMs } of sides) {
    console.log(reportLine(`${name}: create a service, ${IN_FLIGHT} at once`, creates, '/s'));
    console.log(reportLine(`${name}: inspect a service, ${IN_FLIGHT} at once`, inspects, '/s'));
    console.log(reportLine(`${name}: list ${LISTED} services`, listMs));
  }
  console.log(reportLine(`${ours.name}: create a service, ${IN_FLIGHT} at once, right after the start`, ours.firstCreates, '/s'));
  // Round by round: the machine's pace changes in the course of a run.
  const ratio = (of: (side: Side) => readonly number[]): number =>
    spreadOf(of(ours).map((value, index) => value / (of(stock)[index] ?? Number.NaN))).median;
  const rate = (what: string, value: number, target: number): void =>
    console.log(`target ${what} ≥ ${target} ×: ${value.toFixed(2)} ×, ${value >= target ? 'met' : 'MISSED'}`);
  rate(
    'creates',
    ratio((side) => side.creates),
    TARGET.create,
  );
  rate(
    'inspects',
    ratio((side) => side.inspects),
    TARGET.inspect,
  );
  const list = ratio((side) => side.listMs);
  console.log(`target list ≤ ${TARGET.list} ×: ${list.toFixed(2)} ×, ${list <= TARGET.list ? 'met' : 'MISSED'}`);
}

/** Creates while others poll as docker's command line does that waits for a service: three requests, five times a second. */
async function whileOthersWait({ api, create }: Side, { waiting, services }: Counts): Promise<void> {
  let isOver = false;
  const id = (await api.send<{ ID: string }[]>('GET', '/services'))[0]?.ID ?? '';
  const filters = encodeURIComponent(JSON.stringify({ service: { [id]: true }, '_up-to-date': { true: true } }));
  const paths = [`/services/${id}?insertDefaults=false`, `/tasks?filters=${filters}`, '/nodes'];
  const poll = async (offsetMs: number): Promise<void> => {
    await pause(offsetMs);
    while (!isOver) {
      for (const path of paths) await api.sendRaw('GET', path);
      await pause(POLL_MS);
    }
  };
  const pollers = Array.from({ length: waiting }, (_, index) => poll((index * POLL_MS) / waiting));
  const createMs: number[] = [];
  for (let i = 0; i < services; i++) createMs.push(await timed(() => create.call({ api } as Side, `waited-${i}`)));
  isOver = true;
  await Promise.all(pollers);
  createMs.sort((a, b) => a - b);
  const p99 = createMs[Math.floor(createMs.length * P99)] ?? Number.NaN;
  console.log(reportLine(`create a service while ${waiting} wait`, createMs));
  console.log(`target p99 ≤ ${TARGET.p99Ms} ms: ${p99.toFixed(1)} ms, ${p99 <= TARGET.p99Ms ? 'met' : 'MISSED'}`);
}

/** Reads the log of one task through the manager. */
async function logs({ api, socketPath }: Side, { megabytes }: Counts): Promise<void> {
  const line = `$(head -c ${LINE_BYTES} /dev/zero | tr '\\0' x)`;
  // Whole lines: an engine keeps a line that has not ended to itself.
  const script = `yes "${line}" | head -n ${Math.ceil((megabytes * MEGABYTE) / LINE_BYTES)}; sleep 1000000`;
  const spec = {
    Name: 'loud',
    TaskTemplate: { ContainerSpec: { Image: 'busybox:latest', Args: ['sh', '-c', script], StopGracePeriod: 0 } },
  };
  const { ID } = await api.send<{ ID: string }>('POST', '/services/create', spec);
  await read(socketPath, `/services/${ID}/logs?stdout=1&follow=1`, megabytes * MEGABYTE);
  const before = await residentBytes(api);
  const rates: number[] = [];
  for (let i = 0; i < 3; i++) {
    const ms = await timed(() => read(socketPath, `/services/${ID}/logs?stdout=1&details=1`, Number.POSITIVE_INFINITY));
    rates.push((megabytes * MS_PER_SECOND) / ms);
  }
  const grownMb = ((await residentBytes(api)) - before) / MEGABYTE;
  const { median } = spreadOf(rates);
  console.log(reportLine(`log of one task through the manager, lines of ${LINE_BYTES} bytes`, rates, 'MB/s'));
  console.log(
    `target log ≥ ${TARGET.logMegabytes} MB/s: ${median.toFixed(1)} MB/s, ${median >= TARGET.logMegabytes ? 'met' : 'MISSED'}`,
  );
  console.log(`the manager's memory grew by ${grownMb.toFixed(0)} MB while ${3 * megabytes} MB went through it`);
  await api.sendRaw('DELETE', `/services/${ID}`);
}

/** Reads an answer until its end, or until so many bytes have come; nothing of it is kept. */
function read(socketPath: string, path: string, mostBytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes < mostBytes) return;
        call.destroy();
        resolve();
      });
      response.on('end', resolve);
    });
    call.on('error', reject).end();
  });
}

async function residentBytes(api: ApiClient): Promise<number> {
  const text = await api.sendRaw('GET', '/metrics');
  return Number(/^process_resident_memory_bytes ([\d.e+]+)$/m.exec(text)?.[1]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

void main();
