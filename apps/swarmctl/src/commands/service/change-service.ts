import { DomainError } from '#common/errors';
import type { Service, ServiceSpec } from '#common/proto';
import type { Written } from '../../manager-api';
import { plainText } from '../../render/plain-text';
import { writeLine, type Session } from '../../session';
import type { Tools } from '../command';
import { retryOnConflict } from '../retry-on-conflict';

/** What to send instead of the spec that a service has. */
export interface Change {
  readonly spec: ServiceSpec;
  readonly rollback?: boolean;
  readonly auth?: string;
}

/** Prints what the manager thinks worth a warning. */
export function printWarnings(session: Session, warnings: readonly string[]): void {
  for (const warning of warnings) writeLine(session.stderr, `warning: ${plainText(warning)}`);
}

/** Reads a service, changes its spec and sends it back. @throws DomainError NOT_FOUND · ABORTED others kept changing it */
export async function changeService(
  { session, api }: Tools,
  reference: string,
  change: (service: Service) => Promise<Change>,
): Promise<Written> {
  const written = await retryOnConflict(async () => {
    const { object: service } = await api.service(reference);
    const { spec, rollback, auth } = await change(service);
    return api.updateService({ id: service.id, version: service.version?.index ?? 0, spec, rollback, registryAuth: auth });
  });
  printWarnings(session, written.warnings);
  return written;
}

/** The spec of a service, which the API always gives. */
export function specOf(service: Service): ServiceSpec {
  if (service.spec) return service.spec;
  throw new DomainError('INTERNAL', `the manager gave no spec for the service ${service.id}`);
}
