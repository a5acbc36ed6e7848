import { DomainError } from '../errors';
import { Service, ServiceRevision, ServiceSpec } from '../proto';
import { keys } from './keys';
import type { Write } from './object-store';

/** Revisions of a service's spec that are kept, the current one among them (Kubernetes' revisionHistoryLimit, Nomad keeps six). */
const REVISIONS_KEPT = 10;

/**
 * Most bytes of a spec. An update writes three of them in one transaction (the new one, the previous one, and the previous one as a
 * revision), and etcd takes 1.5 MiB a request, credentials and keys included.
 */
export const MAX_SPEC_BYTES = 448 * 1024;

/**
 * What a write of a service leaves out: its version is the store's, its revision is counted here, and what is joined in has keys of its
 * own. Its `endpoint` holds the published ports, with those that were chosen for it.
 */
export type ServiceRecord = Omit<Service, 'version' | 'newestRevision' | 'updateStatus' | 'serviceStatus' | 'endpoint'> &
  Partial<Pick<Service, 'endpoint'>>;

/**
 * Writes of a new or changed service, and of the revision that it leaves behind. A change of nothing but the number of replicas amends
 * the newest revision, so that scaling does not push what a rollback needs out of the history.
 * @param before the service as it is now; undefined for a new one
 */
export function writesOfService(record: ServiceRecord, before: Service | undefined): Write[] {
  const left = before?.newestRevision;
  const amends = left !== undefined && isSameButReplicas(before?.spec, record.spec);
  const { change, updatedAt: createdAt } = record;
  const number = (left?.number ?? 0) + 1;
  const newestRevision = amends ? left : { number, createdAt, change, spec: undefined };
  const value = Service.encode(toStored(record, newestRevision)).finish();
  const service: Write = { kind: 'put', key: keys.service(record.id), value };
  return left && !amends ? [service, ...writesOfRevision(record.id, { ...left, spec: before?.spec })] : [service];
}

/** As writesOfService, of a spec that somebody asks for: what is stored already is not refused. @throws DomainError as requireStorable */
export function writesOfWantedService(record: ServiceRecord, before: Service | undefined): Write[] {
  const writes = writesOfService(record, before);
  const [service] = writes;
  // Most records are far from it: their specs need not be measured.
  if (service?.kind === 'put' && service.value.length > MAX_SPEC_BYTES) requireStorable(record.spec);
  return writes;
}

/** @throws DomainError TOO_LARGE when a spec takes more than MAX_SPEC_BYTES */
export function requireStorable(spec: ServiceSpec | undefined): void {
  const size = spec ? ServiceSpec.encode(spec).finish().length : 0;
  if (size <= MAX_SPEC_BYTES) return;
  throw new DomainError('TOO_LARGE', `the spec of the service takes ${size} bytes; at most ${MAX_SPEC_BYTES} can be stored`);
}

/** Field by field: adding to a copy of the record takes longer than encoding it. */
function toStored(record: ServiceRecord, newestRevision: ServiceRevision): Service {
  const { id, createdAt, updatedAt, spec, previousSpec, endpoint, jobStatus, change } = record;
  return {
    id,
    version: undefined,
    createdAt,
    updatedAt,
    spec,
    previousSpec,
    endpoint,
    updateStatus: undefined,
    serviceStatus: undefined,
    jobStatus,
    change,
    newestRevision,
  };
}

/** Keeps a revision, and lets go of the oldest. */
function writesOfRevision(id: string, revision: ServiceRevision): Write[] {
  const value = ServiceRevision.encode(revision).finish();
  const outdated = revision.number + 1 - REVISIONS_KEPT;
  return [
    { kind: 'put', key: keys.serviceRevision(id, revision.number), value },
    ...(outdated > 0 ? [{ kind: 'delete' as const, key: keys.serviceRevision(id, outdated) }] : []),
  ];
}

/** Numbers of the oldest revision of a service that is kept, and of the newest. */
export function revisionsKept({ newestRevision }: Service): { oldest: number; newest: number } {
  const newest = newestRevision?.number ?? 0;
  return { oldest: Math.max(1, newest - REVISIONS_KEPT + 1), newest };
}

/** Removes a service's revisions, and the one that an update at the same moment may have left. */
export function deletionsOfRevisions(service: Service): Write[] {
  const { oldest, newest } = revisionsKept(service);
  const numbers = Array.from({ length: newest - oldest + 1 }, (_, index) => oldest + index);
  return numbers.map((number) => ({ kind: 'delete', key: keys.serviceRevision(service.id, number) }));
}

/** Maps that were filled in another order count as a difference, which only makes one revision more. */
export function isSameButReplicas(before: ServiceSpec | undefined, after: ServiceSpec | undefined): boolean {
  return Buffer.from(encodeWithoutReplicas(before)).equals(encodeWithoutReplicas(after));
}

function encodeWithoutReplicas(spec: ServiceSpec | undefined): Uint8Array {
  if (!spec) return new Uint8Array();
  const mode = spec.mode?.replicated ? { ...spec.mode, replicated: { replicas: 0 } } : spec.mode;
  return ServiceSpec.encode({ ...spec, mode }).finish();
}
