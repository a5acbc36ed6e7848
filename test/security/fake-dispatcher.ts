import { AllowedPeers } from '../../apps/manager/src/dispatcher/allowed-peers';
import { DispatcherServer } from '../../apps/manager/src/dispatcher/dispatcher.server';
import { StatusInbox } from '../../apps/manager/src/dispatcher/status-inbox';
import { FakeObjectStore } from '../../apps/manager/src/testing/fake-object-store';
import { newId } from '#common/identity';
import { createLogger } from '#common/logging';
import { Cluster } from '#common/proto';
import { ClusterStore, keys } from '#common/store';
import { testVault } from '#common/testing';

const SYNC_TIMEOUT_MS = 5_000;

/** A manager's real dispatcher, with its store in memory: agents reach it by gRPC. */
export class FakeDispatcher {
  private readonly stopping = new AbortController();

  private constructor(
    readonly store: ClusterStore,
    private readonly server: DispatcherServer,
  ) {}

  /** @param address `host:port` to listen on */
  static async start(address: string): Promise<FakeDispatcher> {
    const logger = createLogger('test', 'silent');
    const store = new ClusterStore(new FakeObjectStore(), logger);
    const server = new DispatcherServer({
      controlPlane: () => ({ addresses: [], userAddresses: [], networks: [] }),
      managerId: 'm1',
      ownAddress: '127.0.0.1',
      store,
      inbox: new StatusInbox(store, logger, () => undefined),
      peers: new AllowedPeers([]),
      heartbeatPeriodMs: 60_000,
      vault: testVault(),
      addServices: () => undefined,
      logger,
    });
    const dispatcher = new FakeDispatcher(store, server);
    void store.run(dispatcher.stopping.signal);
    await store.untilSynced(SYNC_TIMEOUT_MS, dispatcher.stopping.signal);
    const cluster = Cluster.encode(Cluster.fromPartial({ id: newId() })).finish();
    await store.commit([], [{ kind: 'put', key: keys.cluster, value: cluster }]);
    await server.listen(address);
    return dispatcher;
  }

  async stop(): Promise<void> {
    await this.server.close(500);
    this.stopping.abort();
  }
}
