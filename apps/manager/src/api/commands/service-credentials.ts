import { isLogin, parseRegistryAuth, type RegistryAuth, type RegistryLogin } from '#common/domain';
import type { RegistryCredentials } from '#common/proto';
import { nextCredentials, unseal, type CredentialsSource } from '#common/store';

/** Where a new spec's credentials come from: what the client says about them goes before what is kept. */
export function credentialsSource(auth: RegistryAuth | undefined, from: 'spec' | 'previous-spec'): CredentialsSource {
  if (!auth) return from;
  return { given: isLogin(auth.login) ? Buffer.from(auth.header) : undefined };
}

/** The login that a service goes on with. @throws DomainError as unseal */
export function loginOf(kept: RegistryCredentials | undefined, source: CredentialsSource): RegistryLogin | undefined {
  const sealed = nextCredentials(kept, source);
  return sealed && parseRegistryAuth(unseal(sealed).toString())?.login;
}
