import type { ConfigReference, Mount, Privileges, SecretReference } from '#common/proto';
import type { UpdateFlags } from '../tables/update-flags';
import type { CredentialSource } from '../values/credential-spec';
import type { FileReference } from '../values/file-reference';
import { sortedBy, withAdded, without, type KeyOf } from './list-edits';
import { idOf, type Surroundings } from './surroundings';

const targetOf: KeyOf<Mount> = (mount) => mount.target;

/** A bind of a folder given relative to the working folder is bound by its full path. */
function absolute(mount: Mount, surroundings: Surroundings): Mount {
  const isRelative = mount.source === '.' || mount.source.startsWith('./');
  return isRelative ? { ...mount, source: surroundings.absolutePath(mount.source) } : mount;
}

/** The mounts of a new container, in the order given. */
export function newMounts(mounts: readonly Mount[] = [], surroundings: Surroundings): Mount[] {
  return mounts.map((mount) => absolute(mount, surroundings));
}

/**
 * Applies `--mount-add`, which replaces a mount at the same path, then `--mount-rm`. Docker sorts the mounts by source in every
 * update, even in one that has nothing to do with mounts, and so replaces tasks for nothing; here only these flags sort.
 */
export function changedMounts(current: Mount[], { mountAdd, mountRm }: UpdateFlags, surroundings: Surroundings): Mount[] {
  if (!mountAdd && !mountRm) return current;
  const mounts = without(withAdded(current, newMounts(mountAdd, surroundings), targetOf), mountRm, targetOf);
  return sortedBy(mounts, (mount) => mount.source);
}

const pathOf: KeyOf<SecretReference | ConfigReference> = ({ file }) => file?.name ?? '';

/** Secrets by the ids that belong to their names. */
export function newSecrets(references: readonly FileReference[] = [], { secretIds }: Surroundings): SecretReference[] {
  return references.map(({ source, file }) => ({ file, secretId: idOf(secretIds, source), secretName: source }));
}

/** Configs by the ids that belong to their names. */
export function newConfigs(references: readonly FileReference[] = [], { configIds }: Surroundings): ConfigReference[] {
  return references.map(({ source, file }) => ({
    file,
    runtime: undefined,
    configId: idOf(configIds, source),
    configName: source,
  }));
}

/**
 * Applies `--secret-rm`, then `--secret-add`. A secret at a path that is taken replaces the one there; docker adds it beside
 * the old one, which the manager then refuses.
 */
export function changedSecrets(
  current: SecretReference[],
  { secretAdd, secretRm }: UpdateFlags,
  surroundings: Surroundings,
): SecretReference[] {
  if (!secretAdd && !secretRm) return current;
  const kept = without(current, secretRm, (secret) => secret.secretName);
  return withAdded(kept, newSecrets(secretAdd, surroundings), pathOf);
}

/** The config that a credential spec is read from: it is no file in the container. */
export function credentialConfig(source: CredentialSource | undefined, { configIds }: Surroundings): ConfigReference[] {
  if (source?.kind !== 'config') return [];
  return [{ file: undefined, runtime: {}, configId: idOf(configIds, source.name), configName: source.name }];
}

// A config that is no file (a credential spec) has no path: it is told from others by its id.
const configKeyOf: KeyOf<ConfigReference> = (config) => pathOf(config) || config.configId;

/**
 * Applies `--config-rm`, then `--config-add` and a `--credential-spec` that is a config. A config at a path that is taken
 * replaces the one there.
 */
export function changedConfigs(
  current: ConfigReference[],
  { configAdd, configRm, credentialSpec }: UpdateFlags,
  surroundings: Surroundings,
): ConfigReference[] {
  const added = [...newConfigs(configAdd, surroundings), ...credentialConfig(credentialSpec, surroundings)];
  const kept = without(current, configRm, (config) => config.configName);
  return added.length === 0 ? kept : withAdded(kept, added, configKeyOf);
}

/** Applies `--credential-spec`; an empty one changes nothing, as in docker. */
export function changedPrivileges(
  current: Privileges | undefined,
  source: CredentialSource | undefined,
  { configIds }: Surroundings,
): Privileges | undefined {
  if (!source) return current;
  const base = current ?? {
    credentialSpec: undefined,
    seLinuxContext: undefined,
    seccomp: undefined,
    appArmor: undefined,
    noNewPrivileges: false,
  };
  const value = source.kind === 'config' ? idOf(configIds, source.name) : source.name;
  return { ...base, credentialSpec: { config: '', file: '', registry: '', [source.kind]: value } };
}
