import { SpecChange_Kind, type Service, type ServiceSpec, type SpecChange } from '#common/proto';
import { revisionsKept } from '#common/store';
import { failedPrecondition } from '../validate/api-errors';

/** Docker's words for it. */
export const MANUAL_ROLLBACK: SpecChange = { kind: SpecChange_Kind.rollback, message: 'manually requested rollback' };

/** What somebody hears who asks for a revision that is not kept. */
export function noSuchRevision(service: Service, number: number): string {
  const { oldest, newest } = revisionsKept(service);
  return `service ${service.spec?.name ?? service.id} has no revision ${number}: it has ${oldest} to ${newest}`;
}

/** A rollback does not scale: how many tasks there are is not what it is about. */
export function withReplicasOf(spec: ServiceSpec, current: ServiceSpec | undefined): ServiceSpec {
  const replicated = current?.mode?.replicated;
  return spec.mode?.replicated && replicated ? { ...spec, mode: { ...spec.mode, replicated } } : spec;
}

/** @throws DomainError FAILED_PRECONDITION when there is none */
export function previousSpec(service: Service): ServiceSpec {
  if (!service.previousSpec) throw failedPrecondition(`service ${service.id} does not have a previous spec`);
  return service.previousSpec;
}
