import { Module, type DynamicModule } from '@nestjs/common';
import { Registry } from 'prom-client';
import type { Logger } from '#common/logging';
import type { ProcessGuard } from '#common/concurrency';
import { createRegistry } from '#common/metrics';
import type { BaseFilter } from '#common/packet-filter';
import type { Vault } from '#common/store';
import { ApiModule } from './api/api.module';
import { nodeIdBeside } from './api/describe-host';
import { storeEvent } from './api/events/cluster-event';
import { EventLog } from './api/events/event-log';
import type { ApiDependencies } from './api/ports';
import { collectHostFacts } from './host-facts';
import { hostEngines } from './host-engines';
import { Manager } from './manager';
import { agentAddressOf, type ManagerConfig } from './manager-config';
import { ManagerMetrics } from './manager-metrics';
import { HostMembership, type HostMembershipParts } from './membership/host-membership';
import type { JoinedClusters } from './membership/joined-cluster';
import type { SealingKeys } from './membership/sealing-keys';
import { Planner } from './orchestrator/plan/planner';
import { explainTask } from './orchestrator/explain-task';
import { isTaskDirty } from './orchestrator/task-dirty';
import { InsecureRegistries } from './registry/insecure-registries';
import { RegistryClient } from './registry/registry-client';

/** A busy moment, or a watch that is begun anew, is over by then; a client hears within two seconds that etcd is away. */
const STORE_PATIENCE_MS = 1_500;

/** What is known before anything is built. */
export interface ManagerContext {
  config: ManagerConfig;
  managerId: string;
  joined: JoinedClusters;
  sealingKeys: SealingKeys;
  /** Seals with them. */
  vault: Vault;
  /** Of this host, in place already. */
  filter: BaseFilter;
  logger: Logger;
  guard: ProcessGuard;
  keepKeys: HostMembershipParts['keepKeys'];
  keepEtcdCredentials: HostMembershipParts['keepEtcdCredentials'];
  exclusively: HostMembershipParts['exclusively'];
  restart: HostMembershipParts['restart'];
  /** Makes this manager anew, and starts it. @throws DomainError UNAVAILABLE while the host joins or leaves a cluster */
  beginAnew: () => Promise<void>;
}

/** The view, the streams and the leader's work (Manager), and what they tell Prometheus. */
@Module({})
class CoreModule {
  static register(context: ManagerContext): DynamicModule {
    return {
      module: CoreModule,
      providers: [
        { provide: Registry, useFactory: () => createRegistry(context.guard) },
        { provide: ManagerMetrics, inject: [Registry], useFactory: (registry: Registry) => new ManagerMetrics(registry) },
        {
          provide: Manager,
          inject: [ManagerMetrics],
          useFactory: (metrics: ManagerMetrics) => new Manager({ ...context, metrics }),
        },
      ],
      exports: [Registry, Manager],
    };
  }
}

function eventLogOf({ store }: Manager): EventLog {
  const events = new EventLog(store);
  store.space.onFullChange((usage) => events.tell(storeEvent(store.view.cluster()?.id ?? '', usage)));
  return events;
}

/** The map of a manager: the core, and the API on top of it. The features meet in the core's store. */
@Module({})
export class ManagerModule {
  static register(context: ManagerContext): DynamicModule {
    const core = CoreModule.register(context);
    const api = ApiModule.register(
      {
        inject: [Manager, Registry],
        useFactory: (manager: Manager, metrics: Registry): ApiDependencies => ({
          store: manager.store,
          host: collectHostFacts(context.config, context.managerId),
          metrics,
          isUpToDate: (task, service, node) => !isTaskDirty(service, task, node),
          planner: new Planner(manager.store.view),
          explainTask: (task) => explainTask(task, manager.store.view),
          images: new RegistryClient(new InsecureRegistries(context.config.insecureRegistry)),
          vault: context.vault,
          membership: new HostMembership({
            ...context,
            swarm: manager.membership,
            hasCluster: () => manager.store.view.cluster() !== undefined,
            nodeBeside: () => nodeIdBeside(manager.store.view, agentAddressOf(context.config)),
            managers: () => manager.managerAddresses(),
          }),
          events: eventLogOf(manager),
          engines: hostEngines(context.config.engine, (nodeId) => manager.connectToEngine(nodeId)),
          storePatienceMs: STORE_PATIENCE_MS,
          logger: context.logger,
        }),
      },
      [core],
    );
    return { module: ManagerModule, imports: [core, api] };
  }
}
