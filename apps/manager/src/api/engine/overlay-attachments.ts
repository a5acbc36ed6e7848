import { delay, monotonicMs } from '#common/concurrency';
import { isAttachment, isTerminal, NO_SERVICE, observedState, stateRank, TaskState } from '#common/domain';
import { DomainError, isCode } from '#common/errors';
import { newId } from '#common/identity';
import { Task, type EngineEndpoint, type Network } from '#common/proto';
import { keys } from '#common/store';
import { nodeIdBeside } from '../describe-host';
import type { ApiStore, HostFacts } from '../ports';
import { roomRefusal } from '../validate/store-room';

/** A network of a hundred nodes is made on a host within a second; a busy engine takes longer. */
const PATIENCE_MS = 20_000;
const LOOK_MS = 10;
/** An address whose container has just been removed is free as soon as the agent has seen that. */
const TAKEN_PATIENCE_MS = 3_000;
/** The leader writes such a task twice in its life. */
const MAX_TRIES = 5;

/** Who is to have a place on an overlay network. */
export interface Attaching {
  readonly network: Network;
  readonly aliases: readonly string[];
  /** What the container is called. */
  readonly name: string;
  /** Of a container that is there already. */
  readonly containerId?: string;
  /** Addresses of the network that somebody has chosen. */
  readonly addresses: readonly string[];
}

/** A place on an overlay network, ready to be taken. */
export interface OverlayPlace {
  readonly taskId: string;
  readonly endpoint: EngineEndpoint;
}

/**
 * Places on overlay networks for containers of the manager's host that are no tasks. Each is an attachment: a task that the leader
 * gives addresses, and for which the host's agent has the network made (docs/decisions/0011).
 */
export class OverlayAttachments {
  constructor(
    private readonly store: ApiStore,
    private readonly host: HostFacts,
    private readonly now: () => Date,
  ) {}

  /**
   * Gets a place. One that nobody takes is given back by the host's agent.
   * @throws DomainError PERMISSION_DENIED the network is not attachable · UNAVAILABLE there is no agent beside this manager, or the
   *   network cannot be had in time · as ApiStore.commit
   */
  async attach(attaching: Attaching): Promise<OverlayPlace> {
    const { network } = attaching;
    const name = network.spec?.name ?? '';
    if (network.spec?.attachable !== true) {
      throw new DomainError(
        'PERMISSION_DENIED',
        `Could not attach to network ${name}: rpc error: code = PermissionDenied desc = network ${name} not manually attachable`,
      );
    }
    const nodeId = nodeIdBeside(this.store.view, this.host.address);
    if (nodeId === undefined) {
      throw new DomainError('UNAVAILABLE', `network ${name} cannot be had here: no agent runs beside this manager`);
    }
    const task = this.newTask(attaching, nodeId);
    const value = Task.encode(task).finish();
    const refusal = roomRefusal(this.store.space.usage(), { what: `a place on network ${name}`, bytes: value.length, tasks: 1 });
    if (refusal !== undefined) throw new DomainError('RESOURCE_EXHAUSTED', refusal);
    await this.store.commit(
      [
        { key: keys.task(task.id), createRevision: 0 },
        { key: keys.network(network.id), exists: true },
      ],
      [{ kind: 'put', key: keys.task(task.id), value }],
    );
    return this.untilReady(task.id, name);
  }

  /** Says which container took the place; without one, the place is given back. */
  async settle(taskId: string, containerId: string | undefined): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const task = this.store.view.task(taskId);
      if (!task) return;
      const settled: Task =
        containerId === undefined
          ? { ...task, desiredState: TaskState.remove, desiredReason: 'no container has it' }
          : withContainer(task, containerId);
      const value = Task.encode({ ...settled, version: undefined }).finish();
      const guards = [{ key: keys.task(taskId), modRevision: task.version?.index ?? 0 }];
      try {
        // A container that was removed gives its place back however full etcd is.
        await this.store.commit(guards, [{ kind: 'put', key: keys.task(taskId), value }], { evenWhenFull: true });
        return;
      } catch (error) {
        if (!isCode(error, 'ABORTED')) throw error;
      }
    }
  }

  /** The place of a container on a network, by the container's id or name. */
  find(network: Network, container: { readonly id: string; readonly name: string }): OverlayPlace | undefined {
    const own = this.store.view.tasksOnNetwork(network.id).find((task) => {
      const isOurs = isAttachment(task) && !isTerminal(observedState(task));
      return isOurs && (task.spec?.networkAttachmentSpec?.containerId === container.id || task.name === container.name);
    });
    const endpoint = own && endpointOf(own, network.id);
    return own && endpoint && { taskId: own.id, endpoint };
  }

  private newTask({ network, aliases, name, containerId = '', addresses }: Attaching, nodeId: string): Task {
    const timestamp = this.now().toISOString();
    return Task.fromPartial({
      id: newId(),
      createdAt: timestamp,
      updatedAt: timestamp,
      name,
      serviceId: NO_SERVICE,
      nodeId,
      desiredState: TaskState.running,
      spec: {
        networkAttachmentSpec: { containerId, addresses: [...addresses] },
        runtime: 'attachment',
        networks: [{ target: network.id, aliases: [...aliases] }],
      },
      status: { timestamp, state: TaskState.new, message: 'created' },
    });
  }

  private async untilReady(taskId: string, name: string): Promise<OverlayPlace> {
    const [begun, deadline] = [monotonicMs(), monotonicMs() + PATIENCE_MS];
    const forever = new AbortController().signal;
    for (;;) {
      const task = this.store.view.task(taskId);
      const endpoint = task && endpointOf(task, task.networksAttachments[0]?.network?.id ?? '');
      if (endpoint) return { taskId, endpoint };
      const isTaken = task && isRefused(task) && monotonicMs() > begun + TAKEN_PATIENCE_MS;
      if (!task || isTaken || isTerminal(observedState(task)) || monotonicMs() > deadline) throw await this.giveUp(task, name);
      await delay(LOOK_MS, forever);
    }
  }

  /** One that was never given to the agent is taken back; the agent ends the others by itself. */
  private async giveUp(task: Task | undefined, name: string): Promise<DomainError> {
    const why = task?.status?.err || 'the agent of this host does not answer';
    if (task && !isTerminal(observedState(task))) {
      const writes = [keys.task(task.id), keys.taskStatus(task.id)].map((key) => ({ kind: 'delete', key }) as const);
      const guards = [{ key: keys.task(task.id), modRevision: task.version?.index ?? 0 }];
      await this.store.commit(guards, writes).catch((error: unknown) => {
        if (!isCode(error, 'ABORTED')) throw error;
      });
    }
    return new DomainError('UNAVAILABLE', `network ${name} cannot be had on this host: ${why}`);
  }
}

function endpointOf({ status }: Task, networkId: string): EngineEndpoint | undefined {
  if (status?.state !== TaskState.running) return undefined;
  return status.engineEndpoints?.list.find((endpoint) => endpoint.networkId === networkId);
}

/** The leader has no address for it. A task of a service would wait for one; somebody who runs a container is not to for long. */
function isRefused(task: Task): boolean {
  return stateRank(observedState(task)) < stateRank(TaskState.assigned) && (task.status?.err ?? '') !== '';
}

function withContainer(task: Task, containerId: string): Task {
  const { spec } = task;
  const addresses = spec?.networkAttachmentSpec?.addresses ?? [];
  return { ...task, spec: spec && { ...spec, networkAttachmentSpec: { containerId, addresses } } };
}
