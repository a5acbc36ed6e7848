import { setTimeout as sleep } from 'node:timers/promises';
import { ConcurrencyLimit } from '#common/concurrency';
import { DomainError, isCode, messageOf } from '#common/errors';
import { isId } from '#common/identity';
import type { NodeDescription, Task } from '#common/proto';
import type { ContainerEvent, Executor, ListedContainer, ObservedContainer, Preparation } from '../executor';
import { parseApiVersion, type ApiMinor } from './api-version';
import { containerName, toCreateRequest, type CreateRequest } from './container-config';
import { toNodeDescription, undescribedNode, type NodeFacts } from './describe-node';
import type { EngineContainer } from './engine-api';
import type { EngineClient } from './engine-client';
import { isAlreadyDone, toDomainError } from './engine-error';
import { watchContainers } from './event-stream';
import { expandTemplates } from './expand-templates';
import { pullImage } from './image-pull';
import { NODE_LABEL, TASK_LABEL } from './labels';
import { toCreatedContainer, toListedContainer, toObservedContainer } from './observed-container';
import { toConnection, type Connection } from './network-config';
import { SharedWork } from './shared-work';
import type { StartPlaces } from './start-places';

/**
 * How long the engine may take, in milliseconds, before it counts as not answering. Making and starting do real work on a disk
 * that others use too; a ping does none, and has to be over before the next heartbeat.
 */
const DEADLINE_MS = { ping: 1_000, read: 10_000, create: 60_000, start: 120_000, remove: 60_000, stopMargin: 30_000 };
/**
 * Containers that the engine ends at once. Measured like the starts (start-places.ts), seconds until 90 on three engines have been
 * killed: 2 at once 4.2–4.8, 4: 3.3–4.7, 8: 4.2, 30: 4.8–5.5.
 */
const MAX_STOPS = 4;
/** A container that still runs after this long is waiting for its grace period to pass, which costs the engine nothing. */
const STOP_WORK_MS = 250;
const CONTAINER_ID = /^[0-9a-f]{12,64}$/;
const MS_PER_SECOND = 1_000;

/** The Executor on a Docker engine. Every call to the engine is made here or in the files that only this one uses. */
export class DockerAdapter implements Executor {
  private api: ApiMinor | undefined;
  private node: NodeDescription;
  private readonly stops = new ConcurrencyLimit(MAX_STOPS);
  private readonly pulls = new SharedWork<string>();

  constructor(
    private readonly engine: EngineClient,
    private readonly places: StartPlaces,
    private readonly nodeId: string,
    private readonly facts: NodeFacts,
  ) {
    this.node = undescribedNode(facts);
  }

  async ping(): Promise<void> {
    await this.engine.call('ping', DEADLINE_MS.ping, (abortSignal) => this.engine.patient.ping({ abortSignal }));
  }

  async describe(): Promise<NodeDescription> {
    const { unary } = this.engine;
    const info = await this.engine.call('info', DEADLINE_MS.read, (abortSignal) => unary.info({ abortSignal }));
    const version = await this.engine.call('version', DEADLINE_MS.read, (abortSignal) => unary.version({ abortSignal }));
    if (typeof info.NCPU !== 'number' || typeof version.ApiVersion !== 'string') {
      throw new DomainError('UNAVAILABLE', 'the engine describes itself incompletely');
    }
    this.api = parseApiVersion(version.ApiVersion);
    this.node = toNodeDescription(info, version, this.facts);
    return this.node;
  }

  async prepare(task: Task, clusterId: string, preparation: Preparation): Promise<ObservedContainer> {
    if (this.api === undefined) await this.describe();
    const { signal, attachments = [], files } = preparation;
    const api = this.api ?? parseApiVersion(undefined);
    const request = toCreateRequest(expandTemplates(task, this.node), { clusterId, api, attachments, files });
    const further = attachments.slice(1).map((attachment) => toConnection(attachment, api));
    try {
      return await this.create(request, task, { signal, further });
    } catch (error) {
      if (!isMissingImage(error)) throw error;
    }
    const pullError = await this.pull(request.image, preparation);
    try {
      return await this.create(request, task, { signal, further });
    } catch (error) {
      throw isMissingImage(error) ? new DomainError('FAILED_PRECONDITION', error.message, { cause: pullError }) : error;
    }
  }

  async start(containerId: string, signal: AbortSignal): Promise<ObservedContainer> {
    const container = this.container(containerId);
    await this.places.run('start', signal, () =>
      this.engine.call('start', DEADLINE_MS.start, (abortSignal) => container.start({ abortSignal }).catch(ignoreAlreadyDone)),
    );
    const started = await this.inspect(containerId);
    if (!started) throw new DomainError('NOT_FOUND', `container ${containerId} was removed while it started`);
    return started;
  }

  async inspect(containerId: string): Promise<ObservedContainer | undefined> {
    return this.inspected(this.container(containerId));
  }

  async find(task: Task): Promise<ObservedContainer | undefined> {
    const name = containerName(task);
    return name === undefined ? undefined : this.inspected(this.engine.unary.getContainer(name), task.id);
  }

  async stop(container: ObservedContainer): Promise<void> {
    let stopped: Promise<void> | undefined;
    await this.stops.run(async () => {
      stopped = this.stopContainer(container);
      await Promise.race([stopped, sleep(STOP_WORK_MS)]);
    });
    await stopped;
  }

  async remove(containerId: string): Promise<void> {
    const container = this.container(containerId);
    const work = (abortSignal: AbortSignal): Promise<unknown> => container.remove({ v: true, force: true, abortSignal });
    await this.engine.call('remove', DEADLINE_MS.remove, work).catch(ignoreNotFound);
  }

  async list(): Promise<ListedContainer[]> {
    const filters = { label: [`${NODE_LABEL}=${this.nodeId}`] };
    const entries = await this.engine.call('list', DEADLINE_MS.read, (abortSignal) =>
      this.engine.unary.listContainers({ all: true, filters, abortSignal }),
    );
    if (!Array.isArray(entries)) throw new DomainError('UNAVAILABLE', 'the engine answers with something else than a list');
    return entries.flatMap((entry) => toListedContainer(entry) ?? []).filter(({ taskId }) => isId(taskId));
  }

  watch(signal: AbortSignal): AsyncIterable<ContainerEvent> {
    return watchContainers(this.engine.patient, this.nodeId, signal);
  }

  private async stopContainer({ id, graceMs }: ObservedContainer): Promise<void> {
    const container = this.engine.patient.getContainer(validContainerId(id));
    const t = Math.ceil(graceMs / MS_PER_SECOND);
    const work = (abortSignal: AbortSignal): Promise<unknown> => container.stop({ t, abortSignal }).catch(ignoreAlreadyDone);
    await this.engine.call('stop', graceMs + DEADLINE_MS.stopMargin, work).catch(ignoreNotFound);
  }

  private async create(request: CreateRequest, task: Task, { signal, further }: Creation): Promise<ObservedContainer> {
    const { name, body, stopTimeoutSeconds } = request;
    try {
      const made = await this.places.run('create', signal, () =>
        this.engine.call('create', DEADLINE_MS.create, (abortSignal) =>
          this.engine.unary.createContainer({ _query: { name }, _body: body, abortSignal }),
        ),
      );
      const id = validContainerId(made.id);
      await this.connect(id, further);
      return toCreatedContainer(id, stopTimeoutSeconds);
    } catch (error) {
      const existing = isCode(error, 'ALREADY_EXISTS') ? await this.find(task) : undefined;
      if (!existing) throw error;
      // Whoever made it may not have come further.
      if (existing.phase === 'created') await this.connect(existing.id, further);
      return existing;
    }
  }

  /** Puts a new container on the networks that the create call had no room for: older engines take one only. */
  private async connect(containerId: string, further: readonly Connection[]): Promise<void> {
    for (const { engineNetwork, body } of further) {
      const network = this.engine.unary.getNetwork(encodeURIComponent(engineNetwork));
      const work = (abortSignal: AbortSignal): Promise<unknown> =>
        network.connect({ _query: {}, _body: { Container: containerId, ...body }, abortSignal });
      await this.engine.call('connect', DEADLINE_MS.create, work).catch(ignoreConnected);
    }
  }

  /** @returns why the image could not be pulled, unless that is a matter of the engine or of the signal: then it throws */
  private async pull(image: string, { registryAuth, ...participant }: Preparation): Promise<unknown> {
    // Those with other credentials may be refused where these are not.
    const key = `${image} ${registryAuth ?? ''}`;
    try {
      await this.pulls.run(key, participant, (signal, tell) =>
        pullImage(this.engine.patient, image, { signal, tell, registryAuth }),
      );
      return undefined;
    } catch (cause) {
      const error = toDomainError(`pull ${image}`, cause);
      if (isCode(error, 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED')) throw error;
      return new DomainError('FAILED_PRECONDITION', `pulling ${image} failed: ${messageOf(error)}`, { cause: error });
    }
  }

  private async inspected(container: EngineContainer, taskId?: string): Promise<ObservedContainer | undefined> {
    try {
      const info = await this.engine.call('inspect', DEADLINE_MS.read, (abortSignal) => container.inspect({ abortSignal }));
      const observed = toObservedContainer(info);
      return taskId === undefined || info.Config?.Labels?.[TASK_LABEL] === taskId ? observed : undefined;
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }

  private container(containerId: string): EngineContainer {
    return this.engine.unary.getContainer(validContainerId(containerId));
  }
}

/** How a container is made. */
interface Creation {
  readonly signal: AbortSignal;
  readonly further: readonly Connection[];
}

/** dockerode puts ids into URLs as they are, and the socket is root's: nothing but an id may pass. */
function validContainerId(id: string | undefined): string {
  if (id === undefined || !CONTAINER_ID.test(id))
    throw new DomainError('UNAVAILABLE', 'the engine names a container without a valid id');
  return id;
}

function isMissingImage(error: unknown): error is DomainError {
  return isCode(error, 'NOT_FOUND') && /^no such image/i.test(error.message);
}

function ignoreAlreadyDone(error: unknown): void {
  if (!isAlreadyDone(error)) throw error;
}

/** The container is on the network already. */
function ignoreConnected(error: unknown): void {
  if (!isCode(error, 'PERMISSION_DENIED')) throw error;
}

function ignoreNotFound(error: unknown): void {
  if (!isCode(error, 'NOT_FOUND')) throw error;
}
