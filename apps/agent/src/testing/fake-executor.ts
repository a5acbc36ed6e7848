import { AsyncQueue } from '#common/concurrency';
import { DomainError } from '#common/errors';
import type { NodeDescription, Task } from '#common/proto';
import { undescribedNode } from '../executor/docker/describe-node';
import type { ContainerEvent, Executor, ListedContainer, ObservedContainer, Preparation } from '../executor/executor';
import { aContainer } from './a-container';
import { CLUSTER_ID } from './a-task';

type Call = 'ping' | 'describe' | 'prepare' | 'start' | 'inspect' | 'find' | 'stop' | 'remove' | 'list';

interface FakeContainer extends ObservedContainer {
  readonly taskId: string;
  readonly clusterId: string;
}

/** A container engine in memory that does what it is told, at once, unless a call is held or made to fail. */
export class FakeExecutor implements Executor {
  /** Calls in order, as `start <container or task id>`. */
  readonly calls: string[] = [];
  /** Health of a container with a healthcheck right after its start. */
  startsWithHealth: ObservedContainer['health'] = 'none';
  /** What is said of the pull of each container's image. */
  pullProgress: readonly string[] = [];
  /** The next so many containers that are started end at once, with exit code 1. */
  crashes = 0;
  /** The credentials that came with each `prepare`. */
  readonly preparedWith: (string | undefined)[] = [];
  /** Called at every call, before it does anything. */
  onCall: () => void = () => undefined;
  private readonly containers = new Map<string, FakeContainer>();
  private readonly failures = new Map<Call, Error[]>();
  private readonly held = new Map<Call, (() => void)[]>();
  private events = new AsyncQueue<ContainerEvent>();
  private made = 0;
  private started = 0;

  /** The next calls of this name fail, one with each error. */
  failNext(call: Call, ...errors: Error[]): void {
    this.failures.set(call, errors);
  }

  /** Calls of this name do not answer until released. */
  hold(call: Call): void {
    this.held.set(call, []);
  }

  release(call: Call): void {
    for (const resume of this.held.get(call) ?? []) resume();
    this.held.delete(call);
  }

  /** Puts a container there that nobody here made. */
  put(taskId: string, traits: Partial<ObservedContainer> = {}, clusterId = CLUSTER_ID): FakeContainer {
    const id = (++this.made).toString(16).padStart(16, '0');
    const container = { ...aContainer({ id, ...traits }), taskId, clusterId };
    this.containers.set(container.id, container);
    return container;
  }

  /** The task's container as it is now. */
  of(taskId: string): FakeContainer | undefined {
    return [...this.containers.values()].find((container) => container.taskId === taskId);
  }

  /** The task's process ends by itself. */
  exit(taskId: string, exitCode: number): void {
    this.change(taskId, { phase: 'exited', exitCode, pid: 0 });
  }

  sicken(taskId: string, health: ObservedContainer['health']): void {
    const { id, clusterId } = this.change(taskId, { health }, false);
    this.events.push({ kind: 'health', taskId, clusterId, containerId: id, health });
  }

  /** The same, but the event gets lost. */
  changeUnnoticed(taskId: string, change: Partial<ObservedContainer>): void {
    this.change(taskId, change, false);
  }

  breakEvents(): void {
    this.events.fail(new DomainError('UNAVAILABLE', 'the engine ended its event stream'));
    this.events = new AsyncQueue();
  }

  async ping(): Promise<void> {
    await this.enter('ping', '');
  }

  async describe(): Promise<NodeDescription> {
    await this.enter('describe', '');
    return undescribedNode({ hostname: 'fake', labels: {}, genericResources: [] });
  }

  async prepare(task: Task, clusterId: string, { signal, tell, registryAuth }: Preparation): Promise<ObservedContainer> {
    this.preparedWith.push(registryAuth);
    for (const progress of this.pullProgress) tell(progress);
    await this.enter('prepare', task.id, signal);
    return this.of(task.id) ?? this.put(task.id, { phase: 'created', pid: 0 }, clusterId);
  }

  async start(containerId: string, signal: AbortSignal): Promise<ObservedContainer> {
    await this.enter('start', containerId, signal);
    const { taskId } = this.existing(containerId);
    const startedAt = `start ${++this.started}`;
    const container = this.change(taskId, {
      phase: 'running',
      pid: 42,
      exitCode: 0,
      startedAt,
      health: this.startsWithHealth,
    });
    if (this.crashes === 0) return container;
    this.crashes--;
    return this.change(taskId, { phase: 'exited', exitCode: 1, pid: 0 });
  }

  async inspect(containerId: string): Promise<ObservedContainer | undefined> {
    await this.enter('inspect', containerId);
    return this.containers.get(containerId);
  }

  async find(task: Task): Promise<ObservedContainer | undefined> {
    await this.enter('find', task.id);
    return this.of(task.id);
  }

  async stop({ id }: ObservedContainer): Promise<void> {
    await this.enter('stop', id);
    const container = this.containers.get(id);
    // As the engine does: a container that has ended shows an unhealthy check.
    if (container?.phase === 'running')
      this.change(container.taskId, { phase: 'exited', exitCode: 143, pid: 0, health: 'unhealthy' });
  }

  async remove(containerId: string): Promise<void> {
    await this.enter('remove', containerId);
    const container = this.containers.get(containerId);
    this.containers.delete(containerId);
    if (container) this.tell(container, 'absent');
  }

  async list(): Promise<ListedContainer[]> {
    await this.enter('list', '');
    return [...this.containers.values()];
  }

  async *watch(signal: AbortSignal): AsyncIterable<ContainerEvent> {
    const events = this.events;
    signal.addEventListener('abort', () => events.close(), { once: true });
    yield { kind: 'listening' };
    yield* events;
  }

  private async enter(call: Call, subject: string, signal?: AbortSignal): Promise<void> {
    this.calls.push(`${call} ${subject}`.trim());
    this.onCall();
    const waiting = this.held.get(call);
    if (waiting) {
      await new Promise<void>((resolve, reject) => {
        waiting.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
    const failure = this.failures.get(call)?.shift();
    if (failure) throw failure;
  }

  private change(taskId: string, change: Partial<ObservedContainer>, told = true): FakeContainer {
    const container = this.of(taskId);
    if (!container) throw new DomainError('NOT_FOUND', `no container of task ${taskId}`);
    const changed = { ...container, ...change };
    this.containers.set(changed.id, changed);
    if (told) this.tell(changed, changed.phase);
    return changed;
  }

  private tell({ id, taskId, clusterId }: FakeContainer, phase: ObservedContainer['phase'] | 'absent'): void {
    this.events.push({ kind: 'phase', taskId, clusterId, containerId: id, phase });
  }

  private existing(containerId: string): FakeContainer {
    const container = this.containers.get(containerId);
    if (!container) throw new DomainError('NOT_FOUND', `no such container: ${containerId}`);
    return container;
  }
}
