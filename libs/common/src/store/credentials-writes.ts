import { RegistryCredentials, type SealedValue } from '../proto';
import { keys } from './keys';
import type { Write } from './object-store';

/**
 * Where the credentials of a service's new spec come from: those of the present spec, those of the spec before it, or a client
 * (undefined: it says that there are none).
 */
export type CredentialsSource = 'spec' | 'previous-spec' | { readonly given: SealedValue | undefined };

/** The credentials that the new spec gets. */
export function nextCredentials(before: RegistryCredentials | undefined, source: CredentialsSource): SealedValue | undefined {
  if (source === 'spec') return before?.current;
  if (source === 'previous-spec') return before?.previous;
  return source.given;
}

/**
 * Writes that keep a service's registry credentials in step with its specs; they go into the transaction that writes the service.
 * @param forgetPrevious there is no previous spec to go back to afterwards
 */
export function writesOfCredentials(
  serviceId: string,
  before: RegistryCredentials | undefined,
  source: CredentialsSource,
  forgetPrevious = false,
): Write[] {
  const key = keys.registryCredentials(serviceId);
  const next: RegistryCredentials = {
    current: nextCredentials(before, source),
    previous: forgetPrevious ? undefined : before?.current,
  };
  if (next.current || next.previous) return [{ kind: 'put', key, value: RegistryCredentials.encode(next).finish() }];
  return before ? [{ kind: 'delete', key }] : [];
}
