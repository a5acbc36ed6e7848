import { iterationOf, type RegistryAuth } from '#common/domain';
import { DomainError, isCode } from '#common/errors';
import { newId } from '#common/identity';
import {
  RebalanceRequest,
  Service,
  SpecChange_Kind,
  UpdateStatus_State,
  type ContainerSpec,
  type JobStatus,
  type ServiceSpec,
  type SpecChange,
  type UpdateStatus,
} from '#common/proto';
import {
  claimsOfPorts,
  deletionsOfRevisions,
  keys,
  requireStorable,
  writesOfCredentials,
  writesOfWantedService,
  type CredentialsSource,
  type Write,
} from '#common/store';
import { findService } from '../lookup';
import type { ApiStore } from '../ports';
import { isJob } from '../service-mode';
import { validatePortsAreFree } from '../validate/endpoint';
import { failedPrecondition, outOfSequence } from '../validate/api-errors';
import { validateChange } from '../validate/validate-service';
import { warningsFor } from '../validate/warnings';
import { commitOr } from './commit-or';
import { requireRoomForService } from './require-room';
import { asItIs, type PinImage } from './pin-image';
import type { ServiceCredentials } from './service-credentials';
import { MANUAL_ROLLBACK, noSuchRevision, previousSpec, withReplicasOf } from './rollback-specs';
import { guardsOfReferences, nameTaken, SpecReader } from './spec-reader';
import { untilViewHas } from './until-view-has';

/** How often a change is begun anew when somebody else's came in between. */
const MAX_TRIES = 5;

/** What an update is based on, and how the new spec comes about. */
export interface ServiceUpdate {
  term: string;
  version: number;
  /** Parsed JSON of the new spec. */
  body: unknown;
  /** Takes the previous spec instead of one from the body. */
  rollback: boolean;
  /** What the client says about it; else the credentials of one of the specs are kept. */
  registryAuth: RegistryAuth | undefined;
  registryAuthFrom: 'spec' | 'previous-spec';
  /** Whether the client leaves it to the manager to ask for the image's digest. */
  resolvesImage: boolean;
}

/** What a client sends to create a service. */
export interface ServiceCreation {
  /** Parsed JSON of the spec. */
  body: unknown;
  registryAuth: RegistryAuth | undefined;
  /** Whether the client leaves it to the manager to ask for the image's digest. */
  resolvesImage: boolean;
}

/** Writes services: checks everything first, then one transaction. */
export class ServiceCommands {
  private readonly specs: SpecReader;

  constructor(
    private readonly store: ApiStore,
    private readonly pinImage: PinImage,
    private readonly credentials: ServiceCredentials,
    private readonly now: () => Date,
  ) {
    this.specs = new SpecReader(store);
  }

  /**
   * Creates a service and returns its id, and what the client should know.
   * @throws DomainError INVALID_ARGUMENT · NOT_FOUND · ALREADY_EXISTS · UNIMPLEMENTED · TOO_LARGE · as ApiStore.commit
   */
  async create(creation: ServiceCreation): Promise<{ id: string; warnings: string[] }> {
    const { body, registryAuth, resolvesImage } = creation;
    const wanted = this.specs.read(body, (given) => ({ ...given, name: given.name || this.specs.unusedName() }));
    const { spec, warnings } = resolvesImage ? await this.pinImage(wanted, registryAuth?.login) : asItIs(wanted);
    this.specs.refuseTaken(spec);

    const id = newId();
    const at = this.now().toISOString();
    const jobStatus = isJob(spec.mode) ? { jobIteration: undefined, lastExecution: at } : undefined;
    const change = { kind: SpecChange_Kind.create, message: '' };
    const endpoint = this.specs.endpointOf(spec, undefined);
    const claims = claimsOfPorts(id, [], endpoint.ports);
    const record = { id, createdAt: at, updatedAt: at, spec, previousSpec: undefined, jobStatus, change, endpoint };
    const writes: Write[] = [
      ...claims.writes,
      ...writesOfWantedService(record, undefined),
      ...writesOfCredentials(id, undefined, this.credentials.source(id, registryAuth, 'spec')),
      { kind: 'put', key: keys.serviceName(spec.name), value: Buffer.from(id) },
    ];
    requireRoomForService(this.store, spec, { before: undefined, writes });
    await commitOr(this.store, () => this.specs.whyRefused(spec, undefined) ?? nameTaken(spec.name), {
      guards: [{ key: keys.serviceName(spec.name), createRevision: 0 }, ...guardsOfReferences(spec), ...claims.guards],
      writes,
    });
    return { id, warnings: [...warnings, ...warningsFor(spec)] };
  }

  /**
   * Replaces the spec; the old one becomes the previous one. Returns what the client should know.
   * @throws DomainError as create · FAILED_PRECONDITION · ABORTED the version is not the newest
   */
  async update(update: ServiceUpdate): Promise<string[]> {
    await untilViewHas(this.store, update.version);
    const before = findService(this.store.view, update.term);
    const { version, registryAuth, registryAuthFrom } = update;
    if (update.rollback) return this.rollBack(before, version);
    const credentials = this.credentials.source(before.id, registryAuth, registryAuthFrom);
    if (credentials === 'previous-spec') previousSpec(before);
    const wanted = this.specs.read(update.body);
    const { spec, warnings } = update.resolvesImage
      ? await this.pinImage(wanted, registryAuth?.login ?? this.credentials.login(before.id, this.store.view, credentials))
      : asItIs(wanted);
    await this.replaceSpec(before, { version, spec, change: { kind: SpecChange_Kind.update, message: '' }, credentials });
    return [...warnings, ...warningsFor(spec)];
  }

  /**
   * Goes back to a revision of the history, which becomes the newest one. The number of replicas stays as it is now: it is not what
   * a rollback is about.
   * @throws DomainError NOT_FOUND · FAILED_PRECONDITION · ABORTED · as ApiStore.commit
   */
  async rollBackTo(term: string, number: number): Promise<string[]> {
    const before = findService(this.store.view, term);
    const revision = (await this.store.revisions(before)).find((each) => each.number === number);
    if (!revision?.spec) throw new DomainError('NOT_FOUND', noSuchRevision(before, number));
    const spec = withReplicasOf(revision.spec, before.spec);
    const change = { kind: SpecChange_Kind.rollback, message: `manually requested rollback to revision ${number}` };
    await this.replaceSpec(before, { version: before.version?.index ?? 0, spec, change, credentials: 'spec' });
    return warningsFor(spec);
  }

  /** The service that a create would make, checked as that is, and not written. @throws DomainError as create */
  plannedCreation(body: unknown): Service {
    const spec = this.specs.read(body, (given) => ({ ...given, name: given.name || this.specs.unusedName() }));
    this.specs.refuseTaken(spec);
    requireStorable(spec);
    return Service.fromPartial({ id: newId(), version: { index: 0 }, spec });
  }

  /** The service that an update would make, checked as that is, and not written. @throws DomainError as update */
  plannedUpdate(term: string, body: unknown): Service {
    const before = findService(this.store.view, term);
    const spec = this.specs.read(body);
    if (before.spec) validateChange(before.spec, spec);
    validatePortsAreFree(spec.endpointSpec, () => this.store.view.services().filter(({ id }) => id !== before.id));
    requireStorable(spec);
    const version = { index: (before.version?.index ?? 0) + 1 };
    const jobStatus = before.jobStatus && nextIteration(before.jobStatus, this.now().toISOString());
    const change = { kind: SpecChange_Kind.update, message: '' };
    return { ...before, version, spec, previousSpec: before.spec, jobStatus, change };
  }

  /**
   * Asks the leader to spread the service's running tasks evenly.
   * @param maxMoves most tasks to move; 0 for as many as it takes
   * @throws DomainError NOT_FOUND · FAILED_PRECONDITION while an update is not finished · as ApiStore.commit
   */
  async rebalance(term: string, maxMoves: number): Promise<void> {
    const { id, updateStatus, spec } = findService(this.store.view, term);
    if (!spec?.mode?.replicated) {
      throw failedPrecondition(`service ${term} is not replicated: only replicated services can be spread anew`);
    }
    if (updateStatus && UNFINISHED.has(updateStatus.state)) {
      throw failedPrecondition(`service ${term} is being updated or its update is paused: finish that first`);
    }
    const request = RebalanceRequest.fromPartial({ requestedAt: this.now().toISOString(), maxMoves });
    await commitOr(this.store, () => new DomainError('NOT_FOUND', `service ${term} not found`), {
      guards: [{ key: keys.service(id), exists: true }],
      writes: [{ kind: 'put', key: keys.serviceRebalance(id), value: RebalanceRequest.encode(request).finish() }],
    });
  }

  /**
   * Changes a service's container as an update does, based on whatever is its newest version.
   * @throws DomainError NOT_FOUND · ABORTED others keep changing it · as ApiStore.commit
   */
  async changeContainer(id: string, message: string, change: (container: ContainerSpec) => ContainerSpec): Promise<void> {
    for (let tries = 1; ; tries++) {
      const before = findService(this.store.view, id);
      const { spec, version } = before;
      if (!spec?.taskTemplate?.containerSpec) return;
      const taskTemplate = { ...spec.taskTemplate, containerSpec: change(spec.taskTemplate.containerSpec) };
      const replacement = { version: version?.index ?? 0, spec: { ...spec, taskTemplate } };
      try {
        const because = { kind: SpecChange_Kind.update, message };
        return await this.replaceSpec(before, { ...replacement, change: because, credentials: 'spec' });
      } catch (error) {
        if (!isCode(error, 'ABORTED') || tries === MAX_TRIES) throw error;
      }
    }
  }

  /** Removes a service; its tasks are stopped afterwards. @throws DomainError NOT_FOUND · as ApiStore.commit */
  async remove(term: string): Promise<void> {
    const service = findService(this.store.view, term);
    const { id, spec } = service;
    await commitOr(this.store, () => new DomainError('NOT_FOUND', `service ${term} not found`), {
      guards: [{ key: keys.service(id), exists: true }],
      writes: [
        { kind: 'delete', key: keys.service(id) },
        { kind: 'delete', key: keys.serviceName(spec?.name ?? '') },
        // The leader's key, but from here on it may not be written again: the leader guards it with the service.
        { kind: 'delete', key: keys.serviceUpdate(id) },
        { kind: 'delete', key: keys.serviceEndpoint(id) },
        { kind: 'delete', key: keys.serviceRebalance(id) },
        ...claimsOfPorts(id, service.endpoint?.ports ?? [], []).writes,
        { kind: 'delete', key: keys.registryCredentials(id) },
        ...deletionsOfRevisions(service),
      ],
    });
  }

  private async rollBack(before: Service, version: number): Promise<string[]> {
    const spec = previousSpec(before);
    await this.replaceSpec(before, { version, spec, change: MANUAL_ROLLBACK, credentials: 'previous-spec' });
    return warningsFor(spec);
  }

  private async replaceSpec(before: Service, { version, spec, change, credentials }: SpecReplacement): Promise<void> {
    if (before.spec) validateChange(before.spec, spec);
    validatePortsAreFree(spec.endpointSpec, () => this.store.view.services().filter(({ id }) => id !== before.id));
    if (before.version?.index !== version) throw outOfSequence();
    const updatedAt = this.now().toISOString();
    const { id, createdAt, spec: replaced } = before;
    const jobStatus = before.jobStatus && nextIteration(before.jobStatus, updatedAt);
    const endpoint = this.specs.endpointOf(spec, before);
    const claims = claimsOfPorts(id, before.endpoint?.ports ?? [], endpoint.ports);
    const record = { id, createdAt, updatedAt, spec, previousSpec: replaced, jobStatus, change, endpoint };
    const known = this.store.view.registryCredentials(id);
    const changed = [...writesOfWantedService(record, before), ...writesOfCredentials(id, known, credentials)];
    const writes = [...changed, ...claims.writes];
    requireRoomForService(this.store, spec, { before, writes });
    await commitOr(this.store, () => this.specs.whyRefused(spec, before) ?? outOfSequence(), {
      guards: [{ key: keys.service(id), modRevision: version }, ...guardsOfReferences(spec), ...claims.guards],
      writes,
    });
  }
}

const UNFINISHED: ReadonlySet<UpdateStatus['state']> = new Set([
  UpdateStatus_State.updating,
  UpdateStatus_State.paused,
  UpdateStatus_State.rollback_started,
  UpdateStatus_State.rollback_paused,
]);

interface SpecReplacement {
  /** The version that the caller has seen. */
  version: number;
  spec: ServiceSpec;
  change: SpecChange;
  credentials: CredentialsSource;
}

/** Every update of a job runs it anew. */
function nextIteration(status: JobStatus, at: string): JobStatus {
  return { jobIteration: { index: iterationOf(status) + 1 }, lastExecution: at };
}
