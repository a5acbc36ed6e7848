import { join } from 'node:path';
import type { Ticket } from '#common/dispatcher-proto';
import { DomainError } from '#common/errors';
import { readIfPresent, writeDurably } from '#common/files';

const FILE = 'joined.json';

/** The cluster that this host has joined by its API: others than the one in the etcd that the manager was started with. */
export interface JoinedCluster {
  readonly role: 'worker' | 'manager';
  readonly clusterId: string;
  /** host:port of the managers that there were. */
  readonly managers: readonly string[];
  /** For a manager. */
  readonly etcd: readonly string[];
  readonly etcdPrefix: string;
}

/** Content of the file. */
interface Record {
  readonly joined?: JoinedCluster;
  /** The cluster that was left last: its containers are to go. */
  readonly left?: string;
}

/** What a host remembers of the clusters that it was told to join and to leave. */
export class JoinedClusters {
  private constructor(
    private readonly path: string,
    private record: Record,
  ) {}

  /** @throws DomainError FAILED_PRECONDITION when the file is no such file; errors of the file system */
  static async load(dataDir: string): Promise<JoinedClusters> {
    const path = join(dataDir, FILE);
    const text = (await readIfPresent(path)) ?? '{}';
    try {
      return new JoinedClusters(path, JSON.parse(text) as Record);
    } catch (cause) {
      throw new DomainError('FAILED_PRECONDITION', `${path} is damaged: remove it, and join the cluster again`, { cause });
    }
  }

  get joined(): JoinedCluster | undefined {
    return this.record.joined;
  }

  get left(): string | undefined {
    return this.record.left;
  }

  async join({ clusterId, isManager, managerAddresses, etcd, etcdPrefix }: Ticket): Promise<void> {
    const role = isManager ? 'manager' : 'worker';
    await this.write({ joined: { role, clusterId, managers: managerAddresses, etcd, etcdPrefix } });
  }

  async leave(): Promise<void> {
    const left = this.record.joined?.clusterId;
    await this.write(left === undefined ? {} : { left });
  }

  private async write(record: Record): Promise<void> {
    await writeDurably(this.path, `${JSON.stringify(record)}\n`);
    this.record = record;
  }
}
