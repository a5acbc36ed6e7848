import { existsSync, writeFileSync } from 'node:fs';
import { readFile, rm, rmdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { LabCluster, type ClusterOptions } from '../../test/lab/cluster';
import { Lab } from '../../test/lab/lab';
import type { LabHost } from '../../test/lab/lab-host';
import { isRunning, sendSignal, waitUntilEnded } from '../../test/lab/process-identity';
import { emptyEngine, removeTaskContainers } from './empty-engine';
import { findRunningEngine } from './find-engine';
import { findFreePorts } from './free-ports';
import { findLocalLab, localLabName, SUPERVISOR } from './local-state';

/** What to start. */
export interface LocalClusterOptions {
  /** Where everything is kept; removed when the cluster is stopped. */
  readonly root: string;
  /** Number of Docker hosts in namespaces; unless told, the one node is this machine. */
  readonly hosts?: number;
  /** The manager's unix socket. */
  readonly socket: string;
  readonly signal: AbortSignal;
}

/** Ids of the cluster's nodes, by which their containers are found again when everything else is gone. */
const NODES_FILE = 'nodes.json';
// Enough for a cluster in the foreground to end itself.
const OWNER_TIMEOUT_MS = 30_000;

/**
 * Starts a cluster and waits until every node is ready. It belongs to this program until `lab.detach()`.
 * @throws Error when a part does not come up, with its log's end; what was started then is still there
 */
export async function startLocalCluster({ root, hosts, socket, signal }: LocalClusterOptions): Promise<LabCluster> {
  const lab = hosts === undefined ? await upOnMachine(root, signal) : await upOnHosts(root, hosts, signal);
  const ports = hosts === undefined ? await choosePorts() : undefined;
  const cluster = await LabCluster.up(lab, { managerSocket: socket, ports, signal });
  const nodeIds = (await cluster.nodes()).map(({ ID }) => ID);
  writeFileSync(join(root, NODES_FILE), JSON.stringify(nodeIds));
  lab.spawn({ part: SUPERVISOR, command: process.execPath, args: [join(__dirname, 'supervisor.js'), lab.name] });
  return cluster;
}

function upOnHosts(root: string, count: number, signal: AbortSignal): Promise<Lab> {
  const hosts = Array.from({ length: count }, (_, index) => `n${index + 1}`);
  return Lab.up({ name: localLabName(root), root, hosts, signal });
}

async function upOnMachine(root: string, signal: AbortSignal): Promise<Lab> {
  const dockerSocket = await findRunningEngine(process.env);
  return Lab.upOnMachine({ name: localLabName(root), root, hostName: hostname(), dockerSocket, signal });
}

/** The machine's own ports may be anybody's, so none is taken for granted. */
async function choosePorts(): Promise<ClusterOptions['ports']> {
  const [etcdClients = 0, etcdPeers = 0, agents = 0] = await findFreePorts(3);
  return { etcdClients, etcdPeers, agents };
}

/**
 * Ends the local cluster, in whatever state it is, and removes all that was made for it: containers, networks,
 * processes, sockets, the folder. Repeatable; does nothing when there is none.
 */
export async function stopLocalCluster(root: string): Promise<void> {
  await endOwner(findLocalLab(root));
  const lab = findLocalLab(root);
  if (lab !== undefined) await remove(lab);
  await rm(root, { recursive: true, force: true });
}

/** A cluster in another program's foreground is that program's to stop; only when it does not, it is ended by force. */
async function endOwner(lab: Lab | undefined): Promise<void> {
  const owner = lab?.owner;
  if (owner === undefined || owner.pid === process.pid || !isRunning(owner)) return;
  sendSignal(owner, 'SIGTERM');
  await waitUntilEnded([owner], OWNER_TIMEOUT_MS).catch(() => sendSignal(owner, 'SIGKILL'));
}

async function remove(lab: Lab): Promise<void> {
  const cluster = LabCluster.find(lab);
  await killPrograms(lab, cluster);
  await removeContainers(lab);
  await lab.down();
  if (cluster !== undefined) await removeSocket(cluster.managerSocket);
}

/** First the one that would restart the others. */
async function killPrograms(lab: Lab, cluster: LabCluster | undefined): Promise<void> {
  await lab.process(SUPERVISOR)?.kill();
  if (cluster === undefined) return;
  await Promise.all(cluster.parts().map(({ part, host }) => cluster.kill(part, host)));
}

/** Engines in namespaces go with all they hold; on the machine itself there is more to remove, and an engine that stays. */
async function removeContainers(lab: Lab): Promise<void> {
  const nodesFile = join(lab.root, NODES_FILE);
  const nodeIds = existsSync(nodesFile) ? (JSON.parse(await readFile(nodesFile, 'utf8')) as string[]) : [];
  for (const host of lab.hosts.filter(({ netns }) => netns === undefined)) {
    if (host.hasOwnEngine) await emptyOwnEngine(host);
    else await removeTaskContainers(host.docker, nodeIds);
  }
}

/** An engine that was killed is started once more: only it knows its bridges and firewall rules. Without it they stay. */
async function emptyOwnEngine(host: LabHost): Promise<void> {
  if (host.process('dockerd') === undefined) return;
  await host.startEngine().catch(() => undefined);
  await emptyEngine(host.docker);
}

/** The manager's socket, and its folder unless others' sockets are there. */
async function removeSocket(socket: string): Promise<void> {
  await rm(socket, { force: true });
  await rmdir(dirname(socket)).catch(() => undefined);
}
