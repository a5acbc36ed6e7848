import { isLogin, parseRegistryAuth, type RegistryAuth, type RegistryLogin } from '#common/domain';
import { keys, nextCredentials, type ClusterView, type CredentialsSource, type Vault } from '#common/store';

/** What registries are told for a service, kept sealed. */
export class ServiceCredentials {
  constructor(private readonly vault: Vault) {}

  /** Where a new spec's credentials come from: what the client says about them goes before what is kept. */
  source(serviceId: string, auth: RegistryAuth | undefined, from: 'spec' | 'previous-spec'): CredentialsSource {
    if (!auth) return from;
    const { header, login } = auth;
    return { given: isLogin(login) ? this.vault.seal(Buffer.from(header), keys.registryCredentials(serviceId)) : undefined };
  }

  /** The login that a service goes on with. @throws DomainError as Vault.unseal */
  login(serviceId: string, view: ClusterView, source: CredentialsSource): RegistryLogin | undefined {
    const sealed = nextCredentials(view.registryCredentials(serviceId), source);
    return sealed && parseRegistryAuth(this.vault.unseal(sealed, keys.registryCredentials(serviceId)).toString())?.login;
  }
}
