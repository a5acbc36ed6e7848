import type { Lab } from '../lab/lab';
import { LabCluster } from '../lab/cluster';

/** One of the two that are compared. Both run on the hosts and engines of one lab, in turn. */
export interface Side {
  readonly name: string;
  /** Starts it on every host, the first one being its manager. @returns the socket of its Docker API */
  start(): Promise<string>;
  /** Ends it, so that the other one has the hosts to itself. */
  stop(): Promise<void>;
}

const SWARM_PORT = 2377;

/** Swarm mode as the engines bring it. */
export class StockSwarm implements Side {
  readonly name = 'Docker Swarm';

  constructor(private readonly lab: Lab) {}

  async start(): Promise<string> {
    const [manager, ...workers] = this.lab.hosts;
    if (manager === undefined) throw new Error('a swarm needs a host');
    await manager.exec('docker', ['swarm', 'init', ...addressFlags(manager.address)]);
    const { stdout } = await manager.exec('docker', ['swarm', 'join-token', '--quiet', 'worker']);
    const join = ['--token', stdout.trim(), `${manager.address}:${SWARM_PORT}`];
    for (const worker of workers) await worker.exec('docker', ['swarm', 'join', ...addressFlags(worker.address), ...join]);
    return manager.dockerSocket;
  }

  async stop(): Promise<void> {
    for (const host of [...this.lab.hosts].reverse()) await host.exec('docker', ['swarm', 'leave', '--force']);
  }
}

function addressFlags(address: string): string[] {
  return ['--advertise-addr', address, '--listen-addr', `${address}:${SWARM_PORT}`];
}

/** Our manager with etcd on the first host, and our agent on every host. */
export class Swarmctl implements Side {
  readonly name = 'swarmctl';
  private cluster: LabCluster | undefined;

  constructor(private readonly lab: Lab) {}

  async start(): Promise<string> {
    this.cluster = await LabCluster.up(this.lab, { logLevel: 'warn' });
    return this.cluster.managerSocket;
  }

  async stop(): Promise<void> {
    for (const { part, host } of [...(this.cluster?.parts() ?? [])].reverse()) await this.cluster?.stop(part, host);
  }
}
