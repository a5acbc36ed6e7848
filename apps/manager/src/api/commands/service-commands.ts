import { DomainError, isCode } from '#common/errors';
import { newId } from '#common/identity';
import { Service, ServiceSpec, type JobStatus } from '#common/proto';
import { keys } from '#common/store';
import { decodeJson } from '#common/wire';
import { completeSpec } from '../defaults';
import { findService } from '../lookup';
import type { ApiStore } from '../ports';
import { isJob, type ModeName } from '../service-mode';
import { validatePortsAreFree } from '../validate/endpoint';
import { requireRunnable } from '../validate/mode';
import { alreadyExists, failedPrecondition, outOfSequence } from '../validate/refusal';
import { validateChange, validateServiceSpec } from '../validate/service-spec';
import { warningsFor } from '../validate/warnings';
import { randomName } from './random-name';
import { untilViewHas } from './until-view-has';

/**
 * A stored service holds two specs, and etcd takes 1.5 MiB a request. Its tasks carry copies, of which a node is sent many in
 * one message.
 */
const MAX_SPEC_BYTES = 512 * 1024;

/** What an update is based on, and how the new spec comes about. */
export interface ServiceUpdate {
  term: string;
  version: number;
  /** Parsed JSON of the new spec. */
  body: unknown;
  /** Takes the previous spec instead of one from the body. */
  rollback: boolean;
  hasRegistryCredentials: boolean;
}

/** What a client sends to create a service. */
export interface ServiceCreation {
  /** Parsed JSON of the spec. */
  body: unknown;
  hasRegistryCredentials: boolean;
}

/** Writes services: checks everything first, then one transaction. */
export class ServiceCommands {
  constructor(
    private readonly store: ApiStore,
    private readonly runnableModes: readonly ModeName[],
    private readonly now: () => Date,
  ) {}

  /**
   * Creates a service and returns its id, and what the client should know.
   * @throws DomainError INVALID_ARGUMENT · NOT_FOUND · ALREADY_EXISTS · UNIMPLEMENTED · as ApiStore.commit
   */
  async create({ body, hasRegistryCredentials }: ServiceCreation): Promise<{ id: string; warnings: string[] }> {
    const spec = this.readSpec(body, (given) => ({ ...given, name: given.name || this.unusedName() }));
    if (this.store.view.serviceByName(spec.name)) throw nameTaken(spec.name);
    validatePortsAreFree(spec.endpointSpec, () => this.store.view.services());

    const id = newId();
    const at = this.now().toISOString();
    const jobStatus = isJob(spec.mode) ? { jobIteration: undefined, lastExecution: at } : undefined;
    const service = Service.fromPartial({ id, createdAt: at, updatedAt: at, spec, jobStatus });
    await this.commit(
      () => nameTaken(spec.name),
      [{ key: keys.serviceName(spec.name), createRevision: 0 }],
      [
        { kind: 'put', key: keys.service(id), value: Service.encode(service).finish() },
        { kind: 'put', key: keys.serviceName(spec.name), value: Buffer.from(id) },
      ],
    );
    return { id, warnings: warningsFor(spec, hasRegistryCredentials) };
  }

  /**
   * Replaces the spec; the old one becomes the previous one. Returns what the client should know.
   * @throws DomainError as create · FAILED_PRECONDITION · ABORTED the version is not the newest
   */
  async update(update: ServiceUpdate): Promise<string[]> {
    await untilViewHas(this.store, update.version);
    const before = findService(this.store.view, update.term);
    const spec = update.rollback ? previousSpec(before) : this.readSpec(update.body);
    if (before.spec) validateChange(before.spec, spec);
    validatePortsAreFree(spec.endpointSpec, () => this.store.view.services().filter(({ id }) => id !== before.id));
    if (before.version?.index !== update.version) throw outOfSequence();

    const at = this.now().toISOString();
    const { id, createdAt, jobStatus } = before;
    const service = Service.fromPartial({
      id,
      createdAt,
      updatedAt: at,
      spec,
      previousSpec: before.spec,
      jobStatus: jobStatus && nextIteration(jobStatus, at),
    });
    await this.commit(
      outOfSequence,
      [{ key: keys.service(id), modRevision: update.version }],
      [{ kind: 'put', key: keys.service(id), value: Service.encode(service).finish() }],
    );
    return warningsFor(spec, update.hasRegistryCredentials);
  }

  /** Removes a service; its tasks are stopped afterwards. @throws DomainError NOT_FOUND · as ApiStore.commit */
  async remove(term: string): Promise<void> {
    const { id, spec } = findService(this.store.view, term);
    await this.commit(
      () => new DomainError('NOT_FOUND', `service ${term} not found`),
      [{ key: keys.service(id), exists: true }],
      [
        { kind: 'delete', key: keys.service(id) },
        { kind: 'delete', key: keys.serviceName(spec?.name ?? '') },
        // The leader's key, but from here on it may not be written again: the leader guards it with the service.
        { kind: 'delete', key: keys.serviceUpdate(id) },
      ],
    );
  }

  private readSpec(body: unknown, prepare = (spec: ServiceSpec): ServiceSpec => spec): ServiceSpec {
    const spec = prepare(ServiceSpec.fromJSON(decodeJson('ServiceSpec', body)));
    validateServiceSpec(spec);
    requireRunnable(spec.mode, this.runnableModes);
    const complete = completeSpec(spec);
    const size = ServiceSpec.encode(complete).finish().length;
    if (size > MAX_SPEC_BYTES) {
      throw new DomainError('TOO_LARGE', `the spec of the service takes ${size} bytes; at most ${MAX_SPEC_BYTES} can be stored`);
    }
    return complete;
  }

  private unusedName(): string {
    let name = randomName();
    while (this.store.view.serviceByName(name)) name = randomName();
    return name;
  }

  /** Commits, and says in the caller's words what it means that a guard failed. */
  private async commit(conflict: () => Error, ...[guards, writes]: Parameters<ApiStore['commit']>): Promise<void> {
    try {
      await this.store.commit(guards, writes);
    } catch (error) {
      throw isCode(error, 'ABORTED') ? conflict() : error;
    }
  }
}

function previousSpec(service: Service): ServiceSpec {
  if (!service.previousSpec) throw failedPrecondition(`service ${service.id} does not have a previous spec`);
  return service.previousSpec;
}

/** Every update of a job runs it anew. */
function nextIteration(status: JobStatus, at: string): JobStatus {
  return { jobIteration: { index: (status.jobIteration?.index ?? 0) + 1 }, lastExecution: at };
}

function nameTaken(name: string): DomainError {
  return alreadyExists(`name conflicts with an existing object: service ${name} already exists`);
}
