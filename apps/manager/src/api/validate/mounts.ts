import type { Mount } from '#common/proto';
import { invalidSpec, requireOneOf } from './refusal';

/** What this version of Docker's API knows; engines of later versions know more. */
const TYPES = ['bind', 'volume', 'tmpfs', 'npipe'];
const PROPAGATIONS = ['rprivate', 'private', 'rslave', 'slave', 'rshared', 'shared'];

/** @throws DomainError INVALID_ARGUMENT */
export function validateMounts(mounts: readonly Mount[]): void {
  const targets = new Set<string>();
  for (const mount of mounts) {
    validateMount(mount);
    if (targets.has(mount.target)) throw invalidSpec(`ContainerSpec: duplicate mount point: ${mount.target}`);
    targets.add(mount.target);
  }
}

function validateMount({ type, source, target, bindOptions, tmpfsOptions }: Mount): void {
  requireOneOf(type, TYPES, `invalid MountType: ${JSON.stringify(type)}`);
  const propagation = bindOptions?.propagation ?? '';
  requireOneOf(propagation, PROPAGATIONS, `invalid MountPropagation: ${JSON.stringify(propagation)}`);
  if (type !== 'npipe' && !mayBeAbsolute(target)) {
    throw invalidSpec(`ContainerSpec: invalid mount target, must be an absolute path: ${target}`);
  }
  validateSource(type || 'bind', source);
  if ((tmpfsOptions?.sizeBytes ?? 0) < 0) throw invalidSpec('ContainerSpec: tmpfs size cannot be negative');
}

/** An engine would take a volume with an absolute source for a bind mount, and the other way round. */
function validateSource(type: string, source: string): void {
  if (type === 'bind' && !mayBeAbsolute(source)) {
    throw invalidSpec(`ContainerSpec: invalid bind mount source, must be an absolute path: ${source}`);
  }
  if (type === 'volume' && source.startsWith('/')) {
    throw invalidSpec(`ContainerSpec: invalid volume mount source, must not be an absolute path: ${source}`);
  }
  if (type === 'tmpfs' && source !== '') throw invalidSpec('ContainerSpec: invalid tmpfs source, source must be empty');
}

/** What a template at the front becomes is known on the node only. */
function mayBeAbsolute(path: string): boolean {
  return path.startsWith('/') || path.startsWith('{{');
}
