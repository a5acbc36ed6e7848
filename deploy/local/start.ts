import { relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { LabCluster } from '../../test/lab/cluster';
import { answers } from '../../test/lab/engine';
import { UnixHttp } from '../../test/lab/unix-http';
import { startLocalCluster, stopLocalCluster } from './local-cluster';
import { DEFAULT_SOCKET, findLocalLab, isAttended, stateFolder, SUPERVISOR } from './local-state';
import { describeNextSteps } from './next-steps';

const HELP = `Usage: npm start [-- --hosts N] [-- --detach]

Runs a swarmctl cluster on this machine: etcd, a manager and an agent. Needs root.
  --hosts N      N Docker hosts n1 … nN in network namespaces instead of this machine's own Docker
  --detach       return when every node is ready and leave the cluster running; "npm stop" ends it
  --socket PATH  the manager's unix socket; ${DEFAULT_SOCKET} unless told
  --dir PATH     where everything is kept; .swarm in the checkout unless told
  --yes          install missing Debian packages without asking
`;

/** How soon the end of the supervisor is noticed in the foreground. */
const WATCH_INTERVAL_MS = 500;

interface StartOptions {
  readonly hosts?: number;
  readonly detach: boolean;
  readonly socket: string;
  readonly dir: string;
}

/** @returns `undefined` when only help is wanted */
function readOptions(): StartOptions | undefined {
  const { values } = parseArgs({
    options: {
      hosts: { type: 'string' },
      detach: { type: 'boolean', short: 'd', default: false },
      socket: { type: 'string', default: DEFAULT_SOCKET },
      dir: { type: 'string', default: stateFolder() },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const hosts = values.hosts === undefined ? undefined : Number(values.hosts);
  if (hosts !== undefined && (!Number.isInteger(hosts) || hosts < 1))
    throw new Error(`--hosts wants a number from 1, not "${values.hosts}"`);
  return { hosts, detach: values.detach, socket: resolve(values.socket), dir: resolve(values.dir) };
}

/** Aborted by Ctrl-C, or when the terminal or the system asks this program to end. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => controller.abort(new Error(`interrupted by ${signal}; nothing is left running`)));
  }
  return controller.signal;
}

async function run(options: StartOptions): Promise<void> {
  await clearTheWay(options);
  const interrupted = interruption();
  const cluster = await startOrCleanUp(options, interrupted);
  process.stdout.write(nextSteps(cluster));
  if (options.detach) cluster.lab.detach();
  else await stayInForeground(cluster, interrupted);
}

/** Removes what a crash has left. @throws Error when a cluster runs already */
async function clearTheWay({ dir, socket }: StartOptions): Promise<void> {
  const lab = findLocalLab(dir);
  if (lab !== undefined && isAttended(lab)) throw new Error('a cluster of this checkout runs already; end it with `npm stop`');
  await stopLocalCluster(dir);
  const isTaken = await answers(new UnixHttp(socket)).catch(() => false);
  if (isTaken) throw new Error(`another cluster serves ${socket} already; end that, or name another socket with --socket PATH`);
}

async function startOrCleanUp({ dir, hosts, socket }: StartOptions, signal: AbortSignal): Promise<LabCluster> {
  try {
    return await startLocalCluster({ root: dir, hosts, socket, signal });
  } catch (error) {
    await stopLocalCluster(dir);
    throw error;
  }
}

function nextSteps({ lab, managerSocket }: LabCluster): string {
  const nodes = lab.hosts.map(({ name, address, dockerSocket }) => ({ name, address, dockerSocket }));
  return describeNextSteps({ nodes, socket: managerSocket, logsDir: relative(process.cwd(), lab.logsDir) });
}

async function stayInForeground({ lab }: LabCluster, interrupted: AbortSignal): Promise<void> {
  process.stdout.write('Ctrl-C ends it.\n');
  while (!interrupted.aborted && lab.process(SUPERVISOR)?.isRunning()) {
    await delay(WATCH_INTERVAL_MS, undefined, { signal: interrupted }).catch(() => undefined);
  }
  process.stdout.write(interrupted.aborted ? '\nStopping…\n' : '\nThe supervisor has ended. Stopping…\n');
  await stopLocalCluster(lab.root);
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) process.stdout.write(HELP);
  else await run(options);
}

main().catch((error: Error) => {
  process.stderr.write(`start: ${error.message}\n`);
  process.exitCode = 1;
});
