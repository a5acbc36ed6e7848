import { join } from 'node:path';
import type { Ticket } from '#common/dispatcher-proto';
import { DomainError } from '#common/errors';
import { DurableFile, readIfPresent } from '#common/files';
import { leaveLockOf, newLeaveKey } from '#common/identity';

const FILE = 'joined.json';
/** Clusters that were left and are remembered. */
const MOST_LEFT = 16;

/** The cluster that this host has joined by its API: another one than that in the etcd that the manager was started with. */
export interface JoinedCluster {
  readonly role: 'worker' | 'manager';
  readonly clusterId: string;
  /** host:port of the managers that there were. */
  readonly managers: readonly string[];
  /** What its node becomes there; undefined or '' for active. */
  readonly availability?: string;
  /** This host's node, once its agent has been heard of, and the key of that (base64). */
  readonly nodeId?: string;
  readonly nodeKey?: string;
  /** With which this host leaves the cluster again (base64); its agents name the lock that goes with it. */
  readonly leaveKey: string;
  /** For a manager. */
  readonly etcd: readonly string[];
  readonly etcdPrefix: string;
}

/** A node of this host that is still to be let go by the cluster that was left. */
export interface Leaving {
  readonly nodeId: string;
  readonly nodeKey?: string | undefined;
  readonly leaveKey: string;
  readonly managers: readonly string[];
}

/** Content of the file. */
interface Record {
  readonly joined?: JoinedCluster;
  /** Clusters that were left, the newest last: their containers are to go. */
  readonly left?: readonly string[];
  readonly leaving?: Leaving;
}

/** @throws Error when it is none */
function readRecord(value: unknown): Record {
  const record = value as Record;
  const { joined, left = [], leaving } = record;
  const isSound =
    typeof value === 'object' &&
    (joined === undefined || isJoinedCluster(joined)) &&
    areTexts(left) &&
    (leaving === undefined || isLeaving(leaving));
  if (isSound) return record;
  throw new Error('a field is missing, or of another kind');
}

function isJoinedCluster({ role, clusterId, managers, etcd, etcdPrefix, ...rest }: JoinedCluster): boolean {
  const { availability = '', nodeId = '', nodeKey = '', leaveKey = '' } = rest;
  return (
    (role === 'worker' || role === 'manager') &&
    areTexts([clusterId, availability, nodeId, nodeKey, leaveKey, etcdPrefix]) &&
    areTexts(managers) &&
    areTexts(etcd)
  );
}

function isLeaving({ nodeId, nodeKey = '', leaveKey = '', managers }: Leaving): boolean {
  return areTexts([nodeId, nodeKey, leaveKey]) && areTexts(managers);
}

function areTexts(values: unknown): boolean {
  return Array.isArray(values) && values.every((value) => typeof value === 'string');
}

/** What a host remembers of the clusters that it was told to join and to leave. */
export class JoinedClusters {
  private constructor(
    private readonly file: DurableFile,
    private record: Record,
  ) {}

  /** @throws DomainError FAILED_PRECONDITION when the file is no such file; errors of the file system */
  static async load(dataDir: string): Promise<JoinedClusters> {
    const path = join(dataDir, FILE);
    const text = (await readIfPresent(path)) ?? '{}';
    let record: Record;
    try {
      record = readRecord(JSON.parse(text));
    } catch (cause) {
      throw new DomainError('FAILED_PRECONDITION', `${path} is damaged: remove it, and join the cluster again`, { cause });
    }
    const clusters = new JoinedClusters(new DurableFile(path), record);
    await clusters.completeOldRecord();
    return clusters;
  }

  /** What was joined with an earlier version has no key yet, and a host that left with one has nothing to ask with. */
  private async completeOldRecord(): Promise<void> {
    const { joined, leaving } = this.record;
    if (joined && joined.leaveKey === undefined)
      await this.write({ ...this.record, joined: { ...joined, leaveKey: newKeyText() } });
    if (leaving && leaving.leaveKey === undefined) await this.isGone(leaving);
  }

  get joined(): JoinedCluster | undefined {
    return this.record.joined;
  }

  get left(): readonly string[] {
    return this.record.left ?? [];
  }

  /** What this host's agents are to say in their hellos; undefined while it has joined no cluster. */
  get leaveLock(): Buffer | undefined {
    const { joined } = this.record;
    return joined && leaveLockOf(Buffer.from(joined.leaveKey, 'base64'));
  }

  get leaving(): Leaving | undefined {
    return this.record.leaving;
  }

  /**
   * @param managers host:port of them @param availability of the node
   * @throws errors of the file system; then nothing has changed, as with all that follows
   */
  join({ clusterId, isManager, etcd, etcdPrefix }: Ticket, managers: readonly string[], availability: string): Promise<void> {
    const role = isManager ? 'manager' : 'worker';
    const joined = { role, clusterId, managers, etcd, etcdPrefix, availability, leaveKey: newKeyText() } as const;
    return this.write({ ...this.record, joined, left: this.left.filter((id) => id !== clusterId) });
  }

  /** @param nodeId of the node that is to be let go, if it is known @param managers host:port of those to ask */
  leave(nodeId: string | undefined, managers: readonly string[]): Promise<void> {
    const { joined, left = [] } = this.record;
    const { leaveKey, nodeKey } = joined ?? {};
    const leaving = leaveKey !== undefined && nodeId !== undefined && { nodeId, nodeKey, leaveKey, managers };
    return this.write({
      left: joined ? [...left.filter((id) => id !== joined.clusterId), joined.clusterId].slice(-MOST_LEFT) : left,
      ...(leaving && { leaving }),
    });
  }

  /** The node has been let go. */
  async isGone(leaving: Leaving): Promise<void> {
    if (this.record.leaving === leaving) await this.write({ ...this.record, leaving: undefined });
  }

  /**
   * This host's agent has come to this host's manager: it has no session with another one. The first that comes with a key is it:
   * whatever else runs on the host and comes from its address is not taken for it.
   * @param nodeKey of which the agent has shown that it has it; undefined for an agent that has none
   */
  async sawNode(nodeId: string, nodeKey: Uint8Array | undefined): Promise<void> {
    const shown = nodeKey && Buffer.from(nodeKey).toString('base64');
    const isIt = ({ nodeKey: known }: { readonly nodeKey?: string | undefined }): boolean =>
      known === undefined || known === shown;
    const { joined, leaving } = this.record;
    if (leaving?.nodeId === nodeId && isIt(leaving)) await this.isGone(leaving);
    if (!joined || !isIt(joined) || (joined.nodeId === nodeId && joined.nodeKey === shown)) return;
    await this.write({ ...this.record, joined: { ...joined, nodeId, ...(shown !== undefined && { nodeKey: shown }) } });
  }

  /** What is written is known at once, and forgotten again if that failed. */
  private async write(record: Record): Promise<void> {
    const before = this.record;
    this.record = record;
    try {
      await this.file.write(`${JSON.stringify(record)}\n`);
    } catch (error) {
      if (this.record === record) this.record = before;
      throw error;
    }
  }
}

function newKeyText(): string {
  return newLeaveKey().toString('base64');
}
