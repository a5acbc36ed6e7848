import { join } from 'node:path';
import { eventually } from '#common/testing';
import { Lab } from '../lab/lab';
import type { LabHost } from '../lab/lab-host';
import { ApiClient } from './api-client';
import { readCounts } from './bench-options';
import { reportLine, spreadOf } from './figures';
import { NetMeter } from './net-meter-runs';
import { StockSwarm, Swarmctl, type Side } from './swarm-sides';

const HOSTS = ['n1', 'n2', 'n3'];
const DEFAULTS = { runs: 15, seconds: 2, services: 50 };
const PORT = 7700;
const VIRTUAL_PORT = 7701;
const AT_ONCE = 8;
const TARGETS = { overlay: 0.9, vip: 0.9, lastService: 1.5, reachableMs: 500, reprogramMs: 200 };
const REPROGRAM = join(__dirname, 'net-reprogram.js');
const BARE = { id: 77, port: 4799, meterPort: 7702, address: (index: number): string => `10.99.0.${index + 1}` };

type Counts = typeof DEFAULTS;

interface Task {
  readonly ID: string;
  readonly Status: {
    readonly State: string;
    readonly Timestamp: string;
    readonly ContainerStatus?: { readonly ContainerID: string };
  };
  readonly NetworksAttachments?: readonly { readonly Network: { readonly ID: string }; readonly Addresses: readonly string[] }[];
}

/** What an overlay costs over a bare VXLAN, a virtual address over an address, and how soon a new task is found; stock Swarm beside it. */
async function main(): Promise<void> {
  const counts = readCounts(DEFAULTS, process.argv.slice(2));
  const lab = await Lab.up({ name: 'bench-network', hosts: HOSTS, swarmMode: true });
  const figures = new Figures();
  try {
    const bare = await BareVxlan.between(lab.hosts as [LabHost, LabHost], counts.seconds);
    for (const side of [new StockSwarm(lab), new Swarmctl(lab)])
      await new OverlayBench(lab, side, { ...counts, bare }).run(figures);
    await bare.remove();
    await reprogramming(lab.hosts[0] as LabHost, counts, figures);
    figures.report();
  } finally {
    await lab.down();
  }
}

/** Samples by what was measured. */
class Figures {
  private readonly samples = new Map<string, { values: number[]; unit: string }>();

  add(what: string, value: number, unit: string): void {
    const entry = this.samples.get(what) ?? { values: [], unit };
    entry.values.push(value);
    this.samples.set(what, entry);
  }

  median(what: string): number {
    return spreadOf(this.samples.get(what)?.values ?? [Number.NaN]).median;
  }

  report(): void {
    for (const [what, { values, unit }] of this.samples) console.log(reportLine(what, values, unit));
    const atLeast = (what: string, value: number, target: number): void =>
      console.log(`target ${what} ≥ ${target} ×: ${value.toFixed(2)} ×, ${value >= target ? 'met' : 'MISSED'}`);
    const atMost = (what: string, value: number, target: number, unit: string): void =>
      console.log(`target ${what} ≤ ${target} ${unit}: ${value.toFixed(2)} ${unit}, ${value <= target ? 'met' : 'MISSED'}`);
    const overBare = (name: string): number =>
      this.median(`${name}: overlay, MB/s`) / this.median(`bare VXLAN beside ${name}, MB/s`);
    atLeast('overlay over bare VXLAN', overBare('swarmctl'), TARGETS.overlay);
    atLeast(
      "overlay over Docker Swarm's",
      this.median('swarmctl: overlay, MB/s') / this.median('Docker Swarm: overlay, MB/s'),
      1,
    );
    atLeast('the same, each over the bare VXLAN beside it', overBare('swarmctl') / overBare('Docker Swarm'), 1);
    atLeast(
      'connections to a virtual address over direct ones',
      this.median('swarmctl: connections/s to a virtual address') / this.median('swarmctl: connections/s, direct'),
      TARGETS.vip,
    );
    const [first, last] = ['swarmctl: first service on a network', 'swarmctl: last service on a network'].map((what) =>
      this.median(what),
    );
    atMost('last service over the first', (last ?? 0) / (first ?? 1), TARGETS.lastService, '×');
    atMost('1,000 tasks are on another node', this.median('1,000 tasks are on another node'), TARGETS.reprogramMs, 'ms');
    atMost(
      'a new task is found and answers everywhere',
      this.median('swarmctl: from running to found everywhere'),
      TARGETS.reachableMs,
      'ms',
    );
  }
}

/** How long a host takes to follow when all of a thousand tasks are on another node. */
async function reprogramming(host: LabHost, { runs }: Counts, figures: Figures): Promise<void> {
  const { stdout } = await host.exec(process.execPath, [REPROGRAM, '--runs', String(runs)], { timeoutMs: 60_000 });
  for (const ms of JSON.parse(stdout) as number[]) figures.add('1,000 tasks are on another node', ms, 'ms');
}

/** A VXLAN between the first two hosts themselves: no bridge, no container, no rules. */
class BareVxlan {
  private constructor(
    private readonly hosts: readonly [LabHost, LabHost],
    private readonly meter: NetMeter,
    private readonly seconds: number,
  ) {}

  static async between([a, b]: readonly [LabHost, LabHost], seconds: number): Promise<BareVxlan> {
    for (const [index, host] of [a, b].entries()) {
      const peer = index === 0 ? b : a;
      const made = `link add bare type vxlan id ${BARE.id} dstport ${BARE.port} local ${host.address} remote ${peer.address}`;
      const commands = [made, `addr add ${BARE.address(index)}/24 dev bare`, 'link set bare up'];
      await host.exec('ip', ['-batch', '-'], { input: commands.join('\n') });
    }
    return new BareVxlan([a, b], new NetMeter(b, `--net=${b.netns}`, BARE.meterPort), seconds);
  }

  megabytes(): Promise<number> {
    return this.meter.megabytes(`--net=${this.hosts[0].netns}`, BARE.address(1), this.seconds);
  }

  async remove(): Promise<void> {
    await this.meter.stop();
    for (const host of this.hosts) await host.exec('ip', ['link', 'delete', 'bare']);
  }
}

/** One side's overlay network with a server on the second host and a caller on the first. */
class OverlayBench {
  private api!: ApiClient;
  private services = 0;

  constructor(
    private readonly lab: Lab,
    private readonly side: Side,
    private readonly counts: Counts & { readonly bare: BareVxlan },
  ) {}

  async run(figures: Figures): Promise<void> {
    this.api = new ApiClient(await this.side.start());
    const isOurs = this.side instanceof Swarmctl;
    const network = await this.api.send<{ Id: string }>('POST', '/networks/create', { Name: 'bench', Driver: 'overlay' });
    await this.traffic(figures, network.Id, isOurs);
    if (isOurs) {
      await this.newTask(figures);
      await this.manyServices(figures);
    }
    this.api.close();
    await this.side.stop();
  }

  private async traffic(figures: Figures, network: string, isOurs: boolean): Promise<void> {
    const { name } = this.side;
    const [a, b] = this.lab.hosts as [LabHost, LabHost];
    const server = await this.taskOn(b, 'dnsrr');
    const caller = await this.taskOn(a, 'dnsrr');
    const [from, to] = [await this.namespaceOf(a, caller.task), await this.namespaceOf(b, server.task)];
    const address = addressOn(server.task, network);
    const meter = new NetMeter(b, to, PORT);
    // Taking turns: what a byte costs on this machine changes from minute to minute.
    for (let run = 0; run < this.counts.runs; run++) {
      figures.add(`bare VXLAN beside ${name}, MB/s`, await this.counts.bare.megabytes(), 'MB/s');
      figures.add(`${name}: overlay, MB/s`, await meter.megabytes(from, address, this.counts.seconds), 'MB/s');
    }
    if (isOurs) await this.connections(figures, { network, from, direct: { meter, address } });
    await meter.stop();
    for (const { id } of [server, caller]) await this.api.send('DELETE', `/services/${id}`);
  }

  /** Two servers: who is called by a virtual address is reached in another way from then on, directly too. */
  private async connections(
    figures: Figures,
    { network, from, direct }: { network: string; from: string; direct: { meter: NetMeter; address: string } },
  ): Promise<void> {
    const { name } = this.side;
    const b = this.lab.hosts[1] as LabHost;
    const called = await this.taskOn(b, 'vip');
    const vip = await this.virtualAddress(called.id, network);
    const meter = new NetMeter(b, await this.namespaceOf(b, called.task), VIRTUAL_PORT);
    const run = { seconds: this.counts.seconds, atOnce: AT_ONCE };
    for (let count = 0; count < this.counts.runs; count++) {
      figures.add(`${name}: connections/s, direct`, await direct.meter.connects(from, direct.address, run), '/s');
      figures.add(`${name}: connections/s to a virtual address`, await meter.connects(from, vip, run), '/s');
    }
    await meter.stop();
    await this.api.send('DELETE', `/services/${called.id}`);
  }

  /** From the moment when a second task runs until every host's containers find and reach it by name. */
  private async newTask(figures: Figures): Promise<void> {
    const askers = await Promise.all(this.lab.hosts.map(async (host) => ({ host, ...(await this.taskOn(host, 'dnsrr')) })));
    for (let run = 0; run < this.counts.runs; run++) {
      const { id } = await this.create(`found${++this.services}`, {});
      const name = `tasks.found${this.services}`;
      const [task] = await this.untilRunning(id, 1);
      const runningAt = performance.now();
      await Promise.all(askers.map(({ host, task: asker }) => untilPing(host, asker, name)));
      figures.add('swarmctl: from running to found everywhere', performance.now() - runningAt, 'ms');
      if (task) await this.api.send('DELETE', `/services/${id}`);
    }
    for (const { id } of askers) await this.api.send('DELETE', `/services/${id}`);
  }

  private async manyServices(figures: Figures): Promise<void> {
    const took: number[] = [];
    const ids: string[] = [];
    for (let index = 0; index < this.counts.services; index++) {
      const startedAt = performance.now();
      const { id } = await this.create(`many${index}`, {});
      await this.untilRunning(id, 1);
      took.push(performance.now() - startedAt);
      ids.push(id);
    }
    // The very first makes the network on its host: what is compared is how it goes once that is there.
    for (const ms of took.slice(HOSTS.length, 2 * HOSTS.length)) figures.add('swarmctl: first service on a network', ms, 'ms');
    for (const ms of took.slice(-HOSTS.length)) figures.add('swarmctl: last service on a network', ms, 'ms');
    for (const id of ids) await this.api.send('DELETE', `/services/${id}`);
  }

  private async taskOn(host: LabHost, mode: string): Promise<{ id: string; task: Task }> {
    const placement = { Constraints: [`node.id==${await this.nodeIdOn(host)}`] };
    const { id } = await this.create(`work${++this.services}`, placement, mode);
    const [task] = await this.untilRunning(id, 1);
    return { id, task: task as Task };
  }

  /** Docker Swarm's nodes all have the machine's own name: only the engine itself knows which it is. */
  private async nodeIdOn(host: LabHost): Promise<string> {
    if (!(this.side instanceof Swarmctl)) {
      return (await host.docker.json<{ Swarm: { NodeID: string } }>({ path: '/info' })).Swarm.NodeID;
    }
    const nodes = await this.api.send<{ ID: string; Description: { Hostname: string } }[]>('GET', '/nodes');
    return nodes.find(({ Description }) => Description.Hostname === host.name)?.ID ?? '';
  }

  private async create(name: string, placement: object, mode = 'vip'): Promise<{ id: string }> {
    const { ID } = await this.api.send<{ ID: string }>('POST', '/services/create', {
      Name: name,
      Labels: { 'swarmctl.drain-period': '0s' },
      EndpointSpec: { Mode: mode },
      TaskTemplate: {
        ContainerSpec: { Image: 'busybox:latest', Args: ['sleep', '1000000'], StopGracePeriod: 0 },
        Networks: [{ Target: 'bench' }],
        Placement: placement,
      },
    });
    return { id: ID };
  }

  private untilRunning(id: string, count: number): Promise<Task[]> {
    const path = `/tasks?filters=${encodeURIComponent(JSON.stringify({ service: [id] }))}`;
    return eventually(
      async () => {
        const running = (await this.api.send<Task[]>('GET', path)).filter(({ Status }) => Status.State === 'running');
        if (running.length < count) throw new Error(`${running.length} run`);
        return running;
      },
      { reason: `${count} tasks run`, timeoutMs: 60_000, intervalMs: 5 },
    );
  }

  private async virtualAddress(id: string, network: string): Promise<string> {
    const { Endpoint } = await this.api.send<{ Endpoint: { VirtualIPs: { NetworkID: string; Addr: string }[] } }>(
      'GET',
      `/services/${id}`,
    );
    return Endpoint.VirtualIPs.find(({ NetworkID }) => NetworkID === network)?.Addr.split('/')[0] ?? '';
  }

  /** How to enter the network namespace of the task's container. */
  private async namespaceOf(host: LabHost, task: Task): Promise<string> {
    const path = `/containers/${task.Status.ContainerStatus?.ContainerID}/json`;
    const { State } = await host.docker.json<{ State: { Pid: number } }>({ path });
    return `--net=/proc/${State.Pid}/ns/net`;
  }
}

function addressOn(task: Task, network: string): string {
  const attachment = task.NetworksAttachments?.find(({ Network }) => Network.ID === network);
  return attachment?.Addresses[0]?.split('/')[0] ?? '';
}

async function untilPing(host: LabHost, asker: Task, name: string): Promise<void> {
  const container = asker.Status.ContainerStatus?.ContainerID ?? '';
  const script = `until ping -c 1 -W 1 ${name} > /dev/null 2>&1; do :; done`;
  await host.exec('docker', ['exec', container, 'sh', '-c', script], { timeoutMs: 30_000 });
}

void main();
