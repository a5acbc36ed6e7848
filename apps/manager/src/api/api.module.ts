import { Module, type DynamicModule, type FactoryProvider, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { NodeCommands } from './commands/node-commands';
import { NetworkCommands } from './commands/network-commands';
import { imagePinner } from './commands/pin-image';
import { ServiceCommands } from './commands/service-commands';
import { ServiceCredentials } from './commands/service-credentials';
import { AbsentController } from './controllers/absent.controller';
import { DistributionController } from './controllers/distribution.controller';
import { EventsController } from './controllers/events.controller';
import { HealthController } from './controllers/health.controller';
import { LogsController } from './controllers/logs.controller';
import { NetworksController } from './controllers/networks.controller';
import { NodesController } from './controllers/nodes.controller';
import { OpenApiController } from './controllers/openapi.controller';
import { ConfigsController, SecretsController } from './controllers/payloads.controller';
import { PlansController } from './controllers/plans.controller';
import { ServicesController } from './controllers/services.controller';
import { SwarmController } from './controllers/swarm.controller';
import { SystemController } from './controllers/system.controller';
import { TasksController } from './controllers/tasks.controller';
import { HostEngine } from './engine/host-engine';
import { ContainerRequests } from './engine/container-requests';
import { EngineProxy } from './engine/engine-proxy';
import { OverlayAttachments } from './engine/overlay-attachments';
import { ErrorFilter } from './http/error.filter';
import { viewOfManager } from './http/store-synced.guard';
import { PAYLOAD_COMMANDS } from './payload-commands.providers';
import { API_DEPENDENCIES, type ApiDependencies } from './ports';

const now = (): Date => new Date();

/** What the controllers ask to be done. */
const COMMANDS: Provider[] = [
  {
    provide: ServiceCommands,
    inject: [API_DEPENDENCIES],
    useFactory: ({ store, images, vault, logger }: ApiDependencies) =>
      new ServiceCommands(store, imagePinner(images, logger), new ServiceCredentials(vault), now),
  },
  {
    provide: NodeCommands,
    inject: [API_DEPENDENCIES],
    useFactory: ({ store }: ApiDependencies) => new NodeCommands(store, now),
  },
  {
    provide: NetworkCommands,
    inject: [API_DEPENDENCIES],
    useFactory: ({ store, host }: ApiDependencies) => new NetworkCommands(store, host.subnetPool, now),
  },
  ...PAYLOAD_COMMANDS,
  {
    provide: HostEngine,
    inject: [API_DEPENDENCIES, EngineProxy],
    useFactory: ({ engines, logger }: ApiDependencies, proxy: EngineProxy) => new HostEngine(engines, proxy, logger),
  },
  {
    provide: ContainerRequests,
    inject: [API_DEPENDENCIES, EngineProxy],
    useFactory: (api: ApiDependencies, proxy: EngineProxy) => {
      const attachments = new OverlayAttachments(api.store, api.host, now);
      return new ContainerRequests({ view: () => viewOfManager(api), engines: api.engines, proxy, attachments });
    },
  },
  {
    provide: EngineProxy,
    inject: [API_DEPENDENCIES],
    useFactory: (api: ApiDependencies) => new EngineProxy(api.engines, () => viewOfManager(api)),
  },
];

/** The Docker Engine API. Routes are tried in the order of the controllers: what clients poll comes first. */
@Module({})
export class ApiModule {
  /** `dependencies` says how to build what the API is given, out of the providers of `imports`. */
  static register(
    dependencies: Pick<FactoryProvider<ApiDependencies>, 'inject' | 'useFactory'>,
    imports: DynamicModule['imports'] = [],
  ): DynamicModule {
    return {
      module: ApiModule,
      imports,
      controllers: [
        ServicesController,
        LogsController,
        PlansController,
        TasksController,
        NodesController,
        SystemController,
        SwarmController,
        HealthController,
        OpenApiController,
        NetworksController,
        SecretsController,
        ConfigsController,
        DistributionController,
        EventsController,
        AbsentController,
      ],
      providers: [
        { provide: API_DEPENDENCIES, ...dependencies },
        ...COMMANDS,
        { provide: APP_FILTER, inject: [API_DEPENDENCIES], useFactory: ({ logger }: ApiDependencies) => new ErrorFilter(logger) },
      ],
    };
  }
}
