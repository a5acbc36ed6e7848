import { seal } from '#common/domain';
import { RegistryCredentials } from '#common/proto';
import { keys, type Write } from '#common/store';

/** What a request says of the credentials with which nodes pull a service's image. */
export interface GivenCredentials {
  /** X-Registry-Auth as it came; undefined when the request brings none. */
  auth: string | undefined;
  /** Where they come from without a header. */
  from: 'spec' | 'previous-spec';
  rollback: boolean;
}

/** Writes of the credentials that go with a new or changed spec; none where there is nothing to keep. */
export function credentialWrites(id: string, before: RegistryCredentials | undefined, given: GivenCredentials): Write[] {
  const { auth, from, rollback } = given;
  const { current, previous } = before ?? { current: undefined, previous: undefined };
  const kept = from === 'previous-spec' || rollback ? previous : current;
  const credentials: RegistryCredentials = { current: auth === undefined ? kept : seal(auth), previous: current };
  if (!credentials.current && !credentials.previous) return [];
  return [{ kind: 'put', key: keys.registryCredentials(id), value: RegistryCredentials.encode(credentials).finish() }];
}
