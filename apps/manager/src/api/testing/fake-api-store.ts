import { createLogger } from '#common/logging';
import { Cluster, type Service, type ServiceRevision } from '#common/proto';
import {
  ClusterStore,
  keys,
  type ClusterView,
  type CommitOptions,
  type Guard,
  type Revision,
  type StoreSpace,
  type ViewChange,
  type Write,
} from '#common/store';
import type { ApiStore } from '../ports';
import { FakeObjectStore } from '../../testing/fake-object-store';

export const CLUSTER_ID = 'cluster000000000000000000';
const READY_TIMEOUT_MS = 2_000;

/** The real view over an etcd in memory, with a switch for "etcd is away". */
export class FakeApiStore implements ApiStore {
  readonly objects = new FakeObjectStore();
  reachable = true;
  private readonly cluster = new ClusterStore(this.objects, createLogger('test', 'silent'));
  private readonly stopped = new AbortController();

  /** Starts following; call `stop` in the end. */
  static async start(): Promise<FakeApiStore> {
    const store = new FakeApiStore();
    void store.cluster.run(store.stopped.signal);
    await store.cluster.untilSynced(READY_TIMEOUT_MS, store.stopped.signal);
    await store.commit(
      [],
      [{ kind: 'put', key: keys.cluster, value: Cluster.encode(Cluster.fromPartial({ id: CLUSTER_ID })).finish() }],
    );
    return store;
  }

  get view(): ClusterView {
    return this.cluster.view;
  }

  isSynced(): boolean {
    return this.reachable && this.cluster.isSynced();
  }

  commit(guards: Guard[], writes: Write[], options?: CommitOptions): Promise<Revision> {
    return this.cluster.commit(guards, writes, options);
  }

  /** Without a measurement there is as much as anybody wants. */
  get space(): StoreSpace {
    return this.cluster.space;
  }

  revisions(service: Service): Promise<ServiceRevision[]> {
    return this.cluster.revisions(service);
  }

  onChange(listener: (changes: ViewChange[]) => void): () => void {
    return this.cluster.onChange(listener);
  }

  stop(): void {
    this.stopped.abort();
  }
}
