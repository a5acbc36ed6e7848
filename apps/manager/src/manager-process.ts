import { NestFactory } from '@nestjs/core';
import { delay } from '#common/concurrency';
import { DomainError } from '#common/errors';
import type { Logger } from '#common/logging';
import { Vault } from '#common/store';
import { VERSION } from '#common/version';
import { NestAdapter } from './api/http/nest-adapter';
import { createRequestHandlers, type RequestHandlers } from './api/request-handler';
import { Manager } from './manager';
import type { ManagerConfig } from './manager-config';
import { ManagerModule } from './manager.module';
import { JoinedClusters } from './membership/joined-cluster';
import { loadManagerId } from './membership/manager-identity';
import { SealingKeys } from './membership/sealing-keys';

/** As Docker's: a host that has joined goes on in the background after that. */
const START_PATIENCE_MS = 20_000;

interface Running {
  readonly manager: Manager;
  readonly handlers: RequestHandlers;
}

/** The manager of this process and its API: made anew when the host becomes part of another cluster. */
export class ManagerProcess {
  /** Of whatever runs at the moment. */
  readonly handlers: RequestHandlers = {
    request: (request, response) => this.running?.handlers.request(request, response),
    upgrade: (request, socket, head) => this.running?.handlers.upgrade(request, socket, head),
  };
  private running: Running | undefined;

  private constructor(
    private readonly config: ManagerConfig,
    private readonly managerId: string,
    private readonly logger: Logger,
    private readonly die: (error: unknown) => void,
  ) {}

  /** Makes it, to be served and then started. @param die is told of what it cannot go on with */
  static async create(config: ManagerConfig, logger: Logger, die: (error: unknown) => void): Promise<ManagerProcess> {
    const process = new ManagerProcess(config, await loadManagerId(config.dataDir), logger, die);
    process.running = await process.make();
    return process;
  }

  /** Resolves when agents can connect. */
  async start(): Promise<void> {
    await this.running?.manager.start();
    this.logger.info({ managerId: this.managerId }, 'manager started');
  }

  async stop(): Promise<void> {
    await this.running?.manager.stop();
  }

  /** @throws DomainError DEADLINE_EXCEEDED it goes on in the background */
  private async restart(): Promise<void> {
    this.logger.info('this host becomes part of another cluster, or of none');
    await this.stop();
    this.running = await this.make();
    const started = this.start();
    started.catch(this.die);
    const patience = new AbortController();
    const isLate = await Promise.race([started.then(() => false), delay(START_PATIENCE_MS, patience.signal).then(() => true)]);
    patience.abort();
    if (isLate) {
      const goesOn = 'The attempt to join the swarm will continue in the background.';
      throw new DomainError('DEADLINE_EXCEEDED', `Timeout was reached before node joined. ${goesOn}`);
    }
  }

  private async make(): Promise<Running> {
    const { managerId, logger } = this;
    const joined = await JoinedClusters.load(this.config.dataDir);
    const sealingKeys = await SealingKeys.load(this.config.dataDir);
    const config = configFor(this.config, joined);
    const context = {
      config,
      managerId,
      joined,
      sealingKeys,
      vault: new Vault(sealingKeys),
      logger,
      restart: () => this.restart(),
    };
    const app = await NestFactory.create(ManagerModule.register(context), new NestAdapter(), {
      bodyParser: false,
      logger: false,
    });
    return { manager: app.get(Manager), handlers: await createRequestHandlers(app, VERSION) };
  }
}

/** A host that has joined a cluster as a manager looks at that cluster's etcd. */
function configFor(config: ManagerConfig, { joined }: JoinedClusters): ManagerConfig {
  return joined?.role === 'manager' ? { ...config, etcd: [...joined.etcd], etcdPrefix: joined.etcdPrefix } : config;
}
