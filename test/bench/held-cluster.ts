import { once } from 'node:events';
import { Lab } from '../lab/lab';
import { LabCluster } from '../lab/cluster';

const HOSTS = ['n1', 'n2', 'n3'];

/** Where the other program finds a cluster that is held for it. */
export interface HeldCluster {
  readonly managerSocket: string;
  readonly dockerSockets: readonly string[];
  readonly managerPid: number;
  readonly agentPids: readonly number[];
}

/** Starts three hosts and a cluster of this checkout, prints where it is as one line of JSON, and removes it when its input ends. */
async function main(): Promise<void> {
  const lab = await Lab.up({ name: process.argv[2] ?? 'held', hosts: HOSTS });
  try {
    const cluster = await LabCluster.up(lab, { logLevel: 'warn' });
    const held: HeldCluster = {
      managerSocket: cluster.managerSocket,
      dockerSockets: lab.hosts.map(({ dockerSocket }) => dockerSocket),
      managerPid: cluster.process('manager')?.pid ?? 0,
      agentPids: HOSTS.map((host) => cluster.process('agent', host)?.pid ?? 0),
    };
    process.stdout.write(`${JSON.stringify(held)}\n`);
    await once(process.stdin.resume(), 'end');
  } finally {
    await lab.down();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
