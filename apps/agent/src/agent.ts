import { supervise } from '#common/concurrency';
import type { Logger } from '#common/logging';
import type { Welcome } from '#common/proto';
import type { AgentConfig } from './agent-config';
import { undescribedNode } from './executor/docker/describe-node';
import { DockerAdapter } from './executor/docker/docker-adapter';
import { EngineClient } from './executor/docker/engine-client';
import { StartPlaces } from './executor/docker/start-places';
import { EngineHealth } from './executor/engine-health';
import { NodeDescriber } from './executor/node-describer';
import { loadNodeId } from './node-id';
import { ManagerPicker } from './session/manager-picker';
import { SessionLoop } from './session/session-loop';
import type { SessionParty } from './session/session-party';
import { EngineWatch } from './worker/engine-watch';
import { StatusReporter } from './worker/status-reporter';
import { Worker } from './worker/worker';

/** One node's agent: a session with a manager on one side, the host's engine on the other. */
export class Agent {
  private readonly stopping = new AbortController();

  private constructor(
    private readonly logger: Logger,
    private readonly client: EngineClient,
    private readonly worker: Worker,
  ) {}

  /** @throws DomainError FAILED_PRECONDITION when the data directory cannot be used */
  static async start(config: AgentConfig, logger: Logger): Promise<Agent> {
    const nodeId = await loadNodeId(config.dataDir);
    const client = new EngineClient(config.dockerSocket, () => health.suspect(), () => undefined);
    const executor = new DockerAdapter(client, new StartPlaces(config.maxStarts), nodeId, config);
    const health = new EngineHealth(executor, logger);
    const statuses = new StatusReporter();
    const worker = new Worker(executor, statuses, logger);
    const describer = new NodeDescriber(executor, health, undescribedNode(config), logger);
    const picker = new ManagerPicker(config.managers);
    const party: SessionParty = {
      nodeId,
      advertiseAddress: config.advertiseAddress,
      description: describer.description,
      engineError: health.error,
      statuses,
      welcomed: (address: string, welcome: Welcome) => {
        logger.info({ manager: address, sessionId: welcome.sessionId, clusterId: welcome.clusterId }, 'session began');
        picker.worked(address);
        picker.learn(welcome.managerAddresses);
        health.setPeriod(welcome.heartbeatPeriodMs);
        worker.joinCluster(welcome.clusterId);
      },
      assigned: (message) => worker.apply(message),
    };
    const agent = new Agent(logger, client, worker);
    const { signal } = agent.stopping;
    health.error.onChange((error) => error === '' && worker.retryNow());
    // The hello wants a description, and an engine that answers gives one at once.
    await describer.refresh();
    agent.supervise('engine health', health.run(signal));
    agent.supervise('engine events', new EngineWatch(executor, health, worker, logger).run(signal));
    agent.supervise('node description', describer.run(signal));
    agent.supervise('manager session', new SessionLoop(picker, party, logger).run(signal));
    logger.info({ nodeId, hostname: config.hostname, managers: config.managers }, 'agent started');
    return agent;
  }

  /** Ends the session and all work in progress. Containers run on. */
  stop(): void {
    this.stopping.abort();
    this.worker.halt();
    this.client.close();
    this.logger.info('agent stopped');
  }

  private supervise(name: string, work: Promise<void>): void {
    supervise(this.logger, name, work);
  }
}
