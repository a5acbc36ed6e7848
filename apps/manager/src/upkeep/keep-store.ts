import { delay, monotonicMs } from '#common/concurrency';
import { assertNever, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import { keys, type ClusterStore, type EtcdMaintenance, type MemberSpace, type Revision, type Write } from '#common/store';
import { decideUpkeep, newestMarks, type Mark, type UpkeepStep } from './decide-upkeep';

const PERIOD_MS = { usual: 2_000, full: 1_000 };

export interface UpkeepParts {
  readonly maintenance: EtcdMaintenance;
  readonly store: Pick<ClusterStore, 'space' | 'view' | 'commit'>;
  readonly managerId: string;
  readonly logger: Logger;
}

/**
 * Measures etcd's space until the signal aborts, and keeps it in shape where it is this manager's turn: history is compacted, members
 * are defragmented, and the alarm NOSPACE is disarmed when there is space again. All of it may be done twice, so it needs no fence.
 */
export class StoreUpkeep {
  private marks: readonly Mark[] = [];
  private lastCompaction: Mark | undefined;
  private defragmentedAtMs: number | undefined;

  constructor(private readonly parts: UpkeepParts) {
    parts.store.space.onOutgrown((outgrown) =>
      parts.logger.warn(
        outgrown,
        "etcd's file is larger than the quota that this manager was told of: set --etcd-quota-bytes to etcd's --quota-backend-bytes",
      ),
    );
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const again = await this.lookOnce().catch((error: unknown) => {
        this.parts.logger.warn({ reason: messageOf(error) }, "etcd's space could not be looked after, will retry");
        return false;
      });
      const isFull = this.parts.store.space.usage()?.isFull;
      if (!again) await delay(isFull ? PERIOD_MS.full : PERIOD_MS.usual, signal);
    }
  }

  /** @returns whether something was done, so that it is worth looking again */
  private async lookOnce(): Promise<boolean> {
    const { maintenance, store } = this.parts;
    const nowMs = monotonicMs();
    const { members, silent } = await maintenance.space();
    if (members.length === 0) return false;
    store.space.measured(fullestOf(members), nowMs);
    const revision = Math.max(...members.map((member) => member.revision));
    this.marks = newestMarks([...this.marks, { revision, atMs: nowMs }], nowMs);
    const { marks, lastCompaction, defragmentedAtMs } = this;
    const quotaBytes = store.space.usage()?.quotaBytes ?? 0;
    const step = this.isOurs()
      ? decideUpkeep({ members, silent, quotaBytes, marks, lastCompaction, defragmentedAtMs, nowMs })
      : undefined;
    if (step) await this.take(step, members);
    return step !== undefined;
  }

  /** A write: etcd counts what a compaction has freed only once it writes again, and in a quiet cluster nobody else does. */
  private async noteCompaction(revision: Revision): Promise<void> {
    const put: Write = { kind: 'put', key: keys.compacted, value: Buffer.from(String(revision)) };
    await this.parts.store.commit([], [put], { evenWhenFull: true });
  }

  /** The leader's. A full etcd grants no lease, so that there may be none: then it is one manager's all the same. */
  private isOurs(): boolean {
    const { view } = this.parts.store;
    const ids = view.managers().map(({ id }) => id);
    const whose = view.leader()?.managerId ?? ids.sort()[0] ?? this.parts.managerId;
    return whose === this.parts.managerId;
  }

  private async take(step: UpkeepStep, members: readonly MemberSpace[]): Promise<void> {
    const { maintenance, logger } = this.parts;
    const begunAt = monotonicMs();
    switch (step.kind) {
      case 'compact':
        this.lastCompaction = { revision: step.revision, atMs: begunAt };
        await maintenance.compact(step.revision);
        await this.noteCompaction(step.revision);
        return logger.debug({ revision: step.revision, ms: monotonicMs() - begunAt }, "compacted etcd's history");
      case 'defragment': {
        this.defragmentedAtMs = begunAt;
        await maintenance.defragment(step.memberId);
        const { sizeBytes, inUseBytes } = members.find(({ memberId }) => memberId === step.memberId) ?? {};
        return logger.info({ ...step, sizeBytes, inUseBytes, ms: monotonicMs() - begunAt }, 'defragmented a member of etcd');
      }
      case 'disarm':
        for (const memberId of step.memberIds) await maintenance.disarm(memberId);
        return logger.info({ ...step }, "disarmed etcd's alarm NOSPACE: there is space again");
      default:
        return assertNever(step);
    }
  }
}

function fullestOf(members: readonly MemberSpace[]): { sizeBytes: number; inUseBytes: number; isFull: boolean } {
  return {
    sizeBytes: Math.max(...members.map(({ sizeBytes }) => sizeBytes)),
    inUseBytes: Math.max(...members.map(({ inUseBytes }) => inUseBytes)),
    isFull: members.some(({ full }) => full.length > 0),
  };
}
