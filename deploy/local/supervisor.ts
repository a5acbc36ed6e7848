import { setTimeout as delay } from 'node:timers/promises';
import { LabCluster } from '../../test/lab/cluster';
import type { PlacedPart } from '../../test/lab/cluster-layout';
import { Lab } from '../../test/lab/lab';

/** Between two looks, and so the longest and the shortest time to a restart: a program that cannot start is tried twice a second. */
const INTERVAL_MS = 500;

/** Starts whatever part of the cluster does not run, for ever; it ends by being killed. */
async function supervise(cluster: LabCluster): Promise<never> {
  for (;;) {
    for (const placed of cluster.parts()) restartIfEnded(cluster, placed);
    await delay(INTERVAL_MS);
  }
}

function restartIfEnded(cluster: LabCluster, { part, host }: PlacedPart): void {
  if (cluster.process(part, host)?.isRunning()) return;
  try {
    const { pid } = cluster.start(part, host);
    log({ msg: 'restarted', part, host, pid });
  } catch (error) {
    log({ msg: 'could not be restarted, is tried again', part, host, error: (error as Error).message });
  }
}

function log(entry: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
}

const [labName = ''] = process.argv.slice(2);
const cluster = LabCluster.find(Lab.open(labName));
if (cluster === undefined) throw new Error(`no cluster was started on lab "${labName}"`);
supervise(cluster).catch((error: Error) => {
  log({ msg: 'the supervisor has ended', error: error.message });
  process.exitCode = 1;
});
