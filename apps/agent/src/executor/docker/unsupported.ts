import { findPredefinedNetwork } from '#common/domain';
import { DomainError } from '#common/errors';
import type { Mount, Task } from '#common/proto';
import type { ApiMinor } from './api-version';

interface Need {
  readonly api: ApiMinor;
  readonly what: string;
  readonly isUsed: (mount: Mount) => boolean;
}

/** What an older engine would silently ignore, although without it the container is not what was asked for. */
const MOUNT_NEEDS: readonly Need[] = [
  { api: 44, what: 'non-recursive read-only mounts', isUsed: ({ bindOptions: bind }) => bind?.readOnlyNonRecursive === true },
  { api: 44, what: 'recursive read-only mounts', isUsed: ({ bindOptions: bind }) => bind?.readOnlyForceRecursive === true },
  { api: 45, what: 'subpaths of volumes', isUsed: ({ volumeOptions }) => Boolean(volumeOptions?.subpath) },
  { api: 46, what: 'options of tmpfs mounts', isUsed: ({ tmpfsOptions }) => Boolean(tmpfsOptions?.options.length) },
  { api: 48, what: 'image mounts', isUsed: ({ type }) => type === 'image' },
];

/**
 * Refuses a task whose container would lack something that its spec asks for.
 * @throws DomainError UNIMPLEMENTED naming what is not supported · INVALID_ARGUMENT when there is nothing to run
 */
export function assertSupported(task: Task, api: ApiMinor): void {
  const spec = task.spec?.containerSpec;
  if (task.spec?.pluginSpec || task.spec?.networkAttachmentSpec) refuse('tasks that are not containers');
  if (!spec?.image) throw new DomainError('INVALID_ARGUMENT', 'the task names no image');
  if (spec.privileges?.credentialSpec?.config) refuse('credential specs kept in a config');
  assertNetworks((task.spec?.networks ?? []).map((network) => network.target));
  for (const mount of spec.mounts) assertMount(mount, api);
}

function assertNetworks(names: readonly string[]): void {
  const own = names.filter(findPredefinedNetwork);
  if (own.length > 0 && names.length > 1) refuse(`network ${own[0]} beside others (${names.join(', ')})`);
}

function assertMount(mount: Mount, api: ApiMinor): void {
  if (mount.type === 'cluster') refuse(`cluster volumes (${mount.source})`);
  const missing = MOUNT_NEEDS.find((need) => need.api > api && need.isUsed(mount));
  if (!missing) return;
  const text = `${missing.what} (${mount.target}) need an engine with API 1.${missing.api}, and this node's has 1.${api}`;
  throw new DomainError('UNIMPLEMENTED', text);
}

function refuse(what: string): never {
  throw new DomainError('UNIMPLEMENTED', `not supported by this agent yet: ${what}`);
}
