/** etcd's own default of `--quota-backend-bytes`. */
export const DEFAULT_QUOTA_BYTES = 2 * 1024 ** 3;

/** How much there is in etcd, of its fullest member. */
export interface SpaceMeasured {
  /** Bytes of the database's file: what etcd holds against its quota. */
  readonly sizeBytes: number;
  /** Bytes of it that hold something, history that is not yet compacted included. */
  readonly inUseBytes: number;
  /** Whether etcd refuses every put: its alarm NOSPACE is raised. */
  readonly isFull: boolean;
}

/** What there is, and what is still to come. */
export interface SpaceUsage extends SpaceMeasured {
  readonly quotaBytes: number;
  /** Bytes that were promised and may not be stored yet. */
  readonly promisedBytes: number;
}

/** A file that is larger than the quota, and yet etcd takes puts. */
export interface SpaceOutgrown {
  readonly sizeBytes: number;
  /** That etcd was believed to have. */
  readonly quotaBytes: number;
}

/** What somebody is about to write. */
export interface SpaceDemand {
  /** Written at once. */
  readonly bytes: number;
  /** Of the tasks that the leader makes of it, over the next seconds. */
  readonly taskBytes?: number;
}

/** The leader writes a thousand tasks a second at least. */
const TASKS_WRITTEN_AFTER_MS = 15_000;
/** etcd counts what it has taken at its next write to disk, within 100 ms. */
const COUNTED_AFTER_MS = 500;

/** The last request that etcd refuses may leave this share of a quota that is meant for more than a test. */
const FULL_SHARE = 0.9;
/** What a file takes of the quota that is assumed once it has outgrown the one that this manager was told of. */
const OUTGROWN_SHARE = 0.5;

interface Promised {
  readonly bytes: number;
  /** Measurements that begin then count it. */
  readonly countedAt: number;
}

/** What is known of etcd's space: as it was measured last, and what this manager has let through since. */
export class StoreSpace {
  private measurement: SpaceMeasured | undefined;
  private promised: Promised[] = [];
  private promisedBytes = 0;
  private readonly listeners = new Set<(usage: SpaceUsage) => void>();
  private readonly outgrownListeners = new Set<(outgrown: SpaceOutgrown) => void>();
  /** A file above it without the alarm proves the quota to be larger. */
  private provenBytes: number;
  private wasOutgrown = false;

  /** @param quotaBytes etcd's `--quota-backend-bytes`, which it tells nobody @param now monotonic, in milliseconds */
  constructor(
    private quotaBytes: number,
    private readonly now: () => number,
  ) {
    this.provenBytes = quotaBytes;
  }

  /** Undefined before anything was measured. */
  usage(): SpaceUsage | undefined {
    if (!this.measurement) return undefined;
    const { quotaBytes, promisedBytes } = this;
    return { ...this.measurement, quotaBytes, promisedBytes };
  }

  /** Notes what is about to be written, so that the next one does not count on the same space. */
  promise({ bytes, taskBytes = 0 }: SpaceDemand): void {
    this.promisedBytes += bytes + taskBytes;
    const madeAt = this.now();
    this.promised.push({ bytes, countedAt: madeAt + COUNTED_AFTER_MS });
    if (taskBytes > 0) this.promised.push({ bytes: taskBytes, countedAt: madeAt + TASKS_WRITTEN_AFTER_MS });
  }

  /** Takes a measurement that was begun at `begunAt`, by the same clock. */
  measured(measurement: SpaceMeasured, begunAt: number): void {
    const wasFull = this.measurement?.isFull;
    this.learnQuota(measurement);
    this.measurement = measurement;
    this.promised = this.promised.filter(({ countedAt }) => countedAt > begunAt);
    this.promisedBytes = this.promised.reduce((sum, { bytes }) => sum + bytes, 0);
    const usage = this.usage();
    const isNews = measurement.isFull !== (wasFull ?? false);
    if (isNews && usage) for (const listener of this.listeners) listener(usage);
  }

  /** Calls `listener` when the quota that this manager was told of is proven too small, once. */
  onOutgrown(listener: (outgrown: SpaceOutgrown) => void): void {
    this.outgrownListeners.add(listener);
  }

  /** Calls `listener` whenever etcd becomes full, and when it is not any more. */
  onFullChange(listener: (usage: SpaceUsage) => void): void {
    this.listeners.add(listener);
  }

  /** etcd tells nobody its quota, but its alarm does, and a file that is larger without it. */
  private learnQuota({ sizeBytes, isFull }: SpaceMeasured): void {
    const { quotaBytes } = this;
    // Whoever started etcd gave it less than this manager was told of.
    if (isFull && this.measurement?.isFull === false && sizeBytes < FULL_SHARE * quotaBytes) {
      this.quotaBytes = sizeBytes;
      this.provenBytes = sizeBytes / FULL_SHARE;
    }
    // Or more.
    if (isFull || sizeBytes <= this.provenBytes) return;
    this.quotaBytes = sizeBytes / OUTGROWN_SHARE;
    this.provenBytes = this.quotaBytes;
    if (!this.wasOutgrown) for (const listener of this.outgrownListeners) listener({ sizeBytes, quotaBytes });
    this.wasOutgrown = true;
  }
}
