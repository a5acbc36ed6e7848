import { Service, ServiceRevision, ServiceSpec } from '../proto';
import { keys } from './keys';
import type { Write } from './object-store';

/** Revisions of a service's spec that are kept, the current one among them (Kubernetes' revisionHistoryLimit, Nomad keeps six). */
export const REVISIONS_KEPT = 10;

/**
 * Most bytes of a spec. An update writes three of them in one transaction (the new one, the previous one, and the new one as a
 * revision), and etcd takes 1.5 MiB a request, credentials and keys included.
 */
export const MAX_SPEC_BYTES = 448 * 1024;

/**
 * What a write of a service leaves out: its version is the store's, and what is joined in has keys of its own. Its `endpoint` holds
 * the published ports, with those that were chosen for it.
 */
export type ServiceRecord = Omit<Service, 'version' | 'revision' | 'updateStatus' | 'serviceStatus' | 'endpoint'> &
  Partial<Pick<Service, 'endpoint'>>;

/**
 * Writes of a new or changed service together with its revision. A change of nothing but the number of replicas amends the newest
 * revision, so that scaling does not push what a rollback needs out of the history.
 * @param before the service as it is now; undefined for a new one
 */
export function writesOfService(record: ServiceRecord, before: Service | undefined): Write[] {
  const known = before?.revision ?? 0;
  const amends = known > 0 && isSameButReplicas(before?.spec, record.spec);
  const revision = amends ? known : known + 1;
  const service = Service.fromPartial({ ...record, revision });
  const outdated = revision - REVISIONS_KEPT;
  const { change, updatedAt: createdAt } = amends && before ? before : record;
  const kept = ServiceRevision.fromPartial({ number: revision, createdAt, spec: record.spec, change });
  return [
    { kind: 'put', key: keys.service(record.id), value: Service.encode(service).finish() },
    { kind: 'put', key: keys.serviceRevision(record.id, revision), value: ServiceRevision.encode(kept).finish() },
    ...(outdated > 0 && !amends ? [{ kind: 'delete' as const, key: keys.serviceRevision(record.id, outdated) }] : []),
  ];
}

/** Removes a service's revisions, and the one that an update at the same moment may have added. */
export function deletionsOfRevisions({ id, revision }: Service): Write[] {
  const oldest = Math.max(1, revision - REVISIONS_KEPT + 1);
  const numbers = Array.from({ length: revision - oldest + 2 }, (_, index) => oldest + index);
  return numbers.map((number) => ({ kind: 'delete', key: keys.serviceRevision(id, number) }));
}

/** Maps that were filled in another order count as a difference, which only makes one revision more. */
function isSameButReplicas(before: ServiceSpec | undefined, after: ServiceSpec | undefined): boolean {
  return Buffer.from(encodeWithoutReplicas(before)).equals(encodeWithoutReplicas(after));
}

function encodeWithoutReplicas(spec: ServiceSpec | undefined): Uint8Array {
  if (!spec) return new Uint8Array();
  const mode = spec.mode?.replicated ? { ...spec.mode, replicated: { replicas: 0 } } : spec.mode;
  return ServiceSpec.encode({ ...spec, mode }).finish();
}
