import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { observedState } from '#common/domain';
import type { ClusterStore } from '#common/store';
import type { LoopMetrics } from '#common/reconcile';
import type { OrchestratorMetrics } from './orchestrator/service.reconciler';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const COUNTS = [1, 2, 4, 8, 16, 32, 64, 128];

/** What the manager tells Prometheus beside the process's own figures. */
export class ManagerMetrics implements LoopMetrics, OrchestratorMetrics {
  private readonly depth: Gauge;
  private readonly pass: Histogram;
  private readonly writes: Histogram;
  private readonly statusBatch: Histogram;
  private readonly statusSeconds: Histogram;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.depth = new Gauge({
      name: 'swarmctl_queue_depth',
      help: 'Keys waiting for a reconciler',
      labelNames: ['loop'],
      registers,
    });
    this.pass = new Histogram({
      name: 'swarmctl_pass_seconds',
      help: 'Duration of a reconcile pass, its transaction included',
      labelNames: ['loop', 'outcome'],
      buckets: SECONDS,
      registers,
    });
    this.writes = new Histogram({
      name: 'swarmctl_transaction_writes',
      help: 'Writes in a leader transaction',
      buckets: COUNTS,
      registers,
    });
    this.statusBatch = new Histogram({
      name: 'swarmctl_status_batch',
      help: 'Statuses in a transaction',
      buckets: COUNTS,
      registers,
    });
    this.statusSeconds = new Histogram({
      name: 'swarmctl_status_seconds',
      help: 'Duration of a status transaction',
      buckets: SECONDS,
      registers,
    });
  }

  /** @param dropped how many statuses of agents were not taken, by reason */
  observeDrops(dropped: ReadonlyMap<string, number>): void {
    new Counter({
      name: 'swarmctl_statuses_dropped_total',
      help: 'Statuses of agents that were not taken',
      labelNames: ['why'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [why, count] of dropped) this.inc({ why }, count);
      },
    });
  }

  /** Figures that are read when asked for. */
  observe(store: ClusterStore, openStreams: () => number, isLeader: () => boolean): void {
    const registers = [this.registry];
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    };
    gauge('swarmctl_agent_streams', 'Agent streams held by this manager', openStreams);
    gauge('swarmctl_is_leader', '1 while this manager leads', () => Number(isLeader()));
    gauge('swarmctl_store_synced', '1 while the view follows etcd', () => Number(store.isSynced()));
    gauge('swarmctl_unreadable_records', 'Stored records that this manager cannot read', () => store.view.unreadable().length);
    const { space } = store;
    gauge('swarmctl_etcd_size_bytes', "Size of etcd's database, its fullest member's", () => space.usage()?.sizeBytes ?? NaN);
    gauge('swarmctl_etcd_in_use_bytes', 'Bytes of it that are in use', () => space.usage()?.inUseBytes ?? NaN);
    gauge('swarmctl_etcd_quota_bytes', 'Size at which etcd refuses writes', () => space.usage()?.quotaBytes ?? NaN);
    gauge('swarmctl_etcd_full', '1 while the alarm NOSPACE is raised', () => Number(space.usage()?.isFull ?? false));
    gauge('swarmctl_services', 'Services', () => store.view.services().length);
    new Gauge({
      name: 'swarmctl_tasks',
      help: 'Tasks by observed state',
      labelNames: ['state'],
      registers,
      collect() {
        this.reset();
        for (const task of store.view.tasks()) this.inc({ state: observedState(task) });
      },
    });
    new Gauge({
      name: 'swarmctl_nodes',
      help: 'Nodes by state',
      labelNames: ['state'],
      registers,
      collect() {
        this.reset();
        for (const node of store.view.nodes()) this.inc({ state: node.status?.state ?? 'unknown' });
      },
    });
  }

  queueDepth(loop: string, depth: number): void {
    this.depth.set({ loop }, depth);
  }

  passDone(loop: string, seconds: number, outcome: 'ok' | 'failed'): void {
    this.pass.observe({ loop, outcome }, seconds);
  }

  transactionWrites(count: number): void {
    this.writes.observe(count);
  }

  statusesStored(count: number, seconds: number): void {
    this.statusBatch.observe(count);
    this.statusSeconds.observe(seconds);
  }
}
