import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { delay, supervise, type ProcessGuard } from '#common/concurrency';
import type { EtcdCredentials } from '#common/dispatcher-proto';
import { DomainError, messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { BaseFilter } from '#common/packet-filter';
import { Vault, type KeyRing } from '#common/store';
import { VERSION } from '#common/version';
import { NestAdapter } from './api/http/nest-adapter';
import { createRequestHandlers, type RequestHandlers } from './api/request-handler';
import { Manager } from './manager';
import type { ManagerConfig } from './manager-config';
import { ManagerModule } from './manager.module';
import { askToLeave } from './membership/admission.client';
import { keepJoinedEtcdCredentials, loadJoinedEtcdCredentials, removeJoinedEtcdCredentials } from './membership/etcd-credentials';
import { JoinedClusters, type Leaving } from './membership/joined-cluster';
import { loadManagerId } from './membership/manager-identity';
import { SealingKeys } from './membership/sealing-keys';

/** As Docker's: a host that has joined goes on in the background after that. */
const START_PATIENCE_MS = 20_000;
/** Between two attempts to have a node let go: soon at first, for its agent may just be on its way to another manager. */
const LEAVE_RETRY_MS = { first: 500, most: 30_000 };

/** What all managers of this process have in common, one after the other. */
interface Permanent {
  readonly config: ManagerConfig;
  readonly managerId: string;
  readonly joined: JoinedClusters;
  /** Of the host, whatever cluster it is in. */
  readonly filter: BaseFilter;
  readonly logger: Logger;
  readonly guard: ProcessGuard;
}

interface Running {
  readonly app: INestApplication;
  readonly manager: Manager;
  readonly handlers: RequestHandlers;
}

/** The manager of this process and its API: made anew when the host becomes part of another cluster. */
export class ManagerProcess {
  /** Of whatever runs at the moment. */
  readonly handlers: RequestHandlers = {
    request: (request, response) => this.running?.handlers.request(request, response),
    upgrade: async (request, socket, head, resume) => this.running?.handlers.upgrade(request, socket, head, resume),
  };
  private running: Running | undefined;
  private isBusy = false;
  /** What the managers of a cluster are being told. */
  private telling: Leaving | undefined;
  private readonly stopping = new AbortController();

  private constructor(private readonly parts: Permanent) {}

  /** Makes it, to be served and then started. */
  static async create({ config, ...parts }: Pick<Permanent, 'config' | 'filter' | 'logger' | 'guard'>): Promise<ManagerProcess> {
    const managerId = await loadManagerId(config.dataDir);
    const process = new ManagerProcess({ config, managerId, joined: await JoinedClusters.load(config.dataDir), ...parts });
    process.running = await process.make();
    return process;
  }

  /** Resolves when agents can connect. */
  async start(): Promise<void> {
    supervise(this.parts.logger, 'leave of a cluster', this.tellOfLeaving());
    await this.running?.manager.start();
    this.parts.logger.info({ managerId: this.parts.managerId }, 'manager started');
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running?.manager.stop();
  }

  /** @throws DomainError UNAVAILABLE while another such thing is being done */
  private async exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.isBusy) throw new DomainError('UNAVAILABLE', 'this host is just joining or leaving a cluster; try again');
    this.isBusy = true;
    try {
      return await work();
    } finally {
      this.isBusy = false;
    }
  }

  /** @throws DomainError DEADLINE_EXCEEDED it goes on in the background */
  private async restart(): Promise<void> {
    this.parts.logger.info('this host becomes part of another cluster, or of none');
    const { started } = await this.beginAnew();
    const patience = new AbortController();
    const isLate = await Promise.race([started.then(() => false), delay(START_PATIENCE_MS, patience.signal).then(() => true)]);
    patience.abort();
    if (isLate && this.parts.joined.joined) {
      const goesOn = 'The attempt to join the swarm will continue in the background.';
      throw new DomainError('DEADLINE_EXCEEDED', `Timeout was reached before node joined. ${goesOn}`);
    }
  }

  /** Puts a new manager in the place of the one that runs. @returns what ends when agents can connect to it */
  private async beginAnew(): Promise<{ readonly started: Promise<void> }> {
    const { guard } = this.parts;
    const before = this.running;
    try {
      await before?.manager.stop();
      this.running = await this.make();
      await before?.app.close();
    } catch (error) {
      // Half of a manager would be worse than none: whoever supervises the process starts it again.
      guard.die(error);
      throw error;
    }
    const started = this.start();
    started.catch(guard.die);
    return { started };
  }

  private async make(): Promise<Running> {
    const { managerId, joined, filter, logger, guard } = this.parts;
    const isJoinedManager = joined.joined?.role === 'manager';
    const { dataDir } = this.parts.config;
    // The keys of a cluster are for its managers only.
    if (!isJoinedManager) {
      await SealingKeys.removeJoined(dataDir);
      await removeJoinedEtcdCredentials(dataDir);
    }
    const sealingKeys = await (isJoinedManager ? SealingKeys.loadJoined(dataDir) : SealingKeys.load(dataDir));
    const context = {
      ...{
        config: await configFor(this.parts.config, joined),
        managerId,
        joined,
        sealingKeys,
        vault: new Vault(sealingKeys),
        filter,
        logger,
        guard,
      },
      keepKeys: (ring: KeyRing) => SealingKeys.keepJoined(dataDir, ring),
      keepEtcdCredentials: (credentials: EtcdCredentials | undefined) => keepJoinedEtcdCredentials(dataDir, credentials),
      exclusively: <T>(work: () => Promise<T>) => this.exclusively(work),
      restart: () => this.restart(),
      beginAnew: () => this.exclusively(async () => void (await this.beginAnew())),
    };
    const app = await NestFactory.create(ManagerModule.register(context), new NestAdapter(), {
      bodyParser: false,
      logger: false,
    });
    return { app, manager: app.get(Manager), handlers: await createRequestHandlers(app, VERSION) };
  }

  /** Asks the managers of a cluster that was left to let this host's node go, until one of them has. */
  private async tellOfLeaving(): Promise<void> {
    const { joined, logger } = this.parts;
    const { leaving } = joined;
    if (!leaving || this.telling === leaving) return;
    this.telling = leaving;
    for (let waitMs = LEAVE_RETRY_MS.first; joined.leaving === leaving; waitMs = Math.min(waitMs * 2, LEAVE_RETRY_MS.most)) {
      try {
        await askToLeave(leaving.managers, Buffer.from(leaving.leaveKey, 'base64'));
        return await joined.isGone(leaving);
      } catch (error) {
        logger.warn({ nodeId: leaving.nodeId, reason: messageOf(error) }, 'the node has not been let go yet, will ask again');
      }
      await delay(waitMs, this.stopping.signal);
      if (this.stopping.signal.aborted) return;
    }
  }
}

/** A host that has joined a cluster as a manager looks at that cluster's etcd. */
async function configFor(config: ManagerConfig, { joined }: JoinedClusters): Promise<ManagerConfig> {
  if (joined?.role !== 'manager') return config;
  const etcdTls = await loadJoinedEtcdCredentials(config.dataDir);
  return { ...config, etcd: [...joined.etcd], etcdTls, etcdPrefix: joined.etcdPrefix };
}
