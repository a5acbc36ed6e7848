import type { Mount } from '#common/proto';
import { isTemplate } from '#common/template';
import { invalidSpec, requireOneOf } from './api-errors';

/** What this version of Docker's API knows; engines of later versions know more. */
const TYPES = ['bind', 'volume', 'tmpfs', 'npipe'];
const CONSISTENCIES = ['default', 'consistent', 'cached', 'delegated'];
/** What an engine takes for the name of a volume of its own. */
const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const LOCAL_DRIVERS = ['', 'local'];
const PROPAGATIONS = ['rprivate', 'private', 'rslave', 'slave', 'rshared', 'shared'];

/** @throws DomainError INVALID_ARGUMENT, mostly in the engine's words, which would come only on the node */
export function validateMounts(mounts: readonly Mount[]): void {
  const targets = new Set<string>();
  for (const mount of mounts) {
    validateMount(mount);
    validateOptions(mount);
    const target = withoutTrailingSlashes(mount.target);
    if (targets.has(target)) throw invalidSpec(`ContainerSpec: duplicate mount point: ${mount.target}`);
    targets.add(target);
  }
}

function validateMount({ type, source, target, consistency, bindOptions, tmpfsOptions }: Mount): void {
  requireOneOf(type, TYPES, `invalid MountType: ${JSON.stringify(type)}`);
  requireOneOf(consistency, CONSISTENCIES, `invalid MountConsistency: ${JSON.stringify(consistency)}`);
  const propagation = bindOptions?.propagation ?? '';
  requireOneOf(propagation, PROPAGATIONS, `invalid MountPropagation: ${JSON.stringify(propagation)}`);
  if (type !== 'npipe' && !mayBeAbsolute(target)) {
    throw invalidSpec(`ContainerSpec: invalid mount target, must be an absolute path: ${target}`);
  }
  if (withoutTrailingSlashes(target) === '') throw invalidSpec("ContainerSpec: invalid specification: destination can't be '/'");
  validateSource(type || 'bind', source);
  if ((tmpfsOptions?.sizeBytes ?? 0) < 0) throw invalidSpec('ContainerSpec: tmpfs size cannot be negative');
}

/** Options of one type that an engine refuses with another. */
function validateOptions({ type, source, readOnly, bindOptions, volumeOptions }: Mount): void {
  const kind = type || 'bind';
  if (kind !== 'bind' && bindOptions) throw invalidMount(kind, 'field BindOptions must not be specified');
  if (kind !== 'volume' && volumeOptions) throw invalidMount(kind, 'field VolumeOptions must not be specified');
  if (kind !== 'volume') return;
  if (source === '') {
    if (readOnly) throw invalidMount(kind, 'must not set ReadOnly mode when using anonymous volumes');
    if (volumeOptions?.subpath) throw invalidMount(kind, 'must not set Subpath when using anonymous volumes');
    return;
  }
  const isLocal = LOCAL_DRIVERS.includes(volumeOptions?.driverConfig?.name ?? '');
  if (isLocal && !isTemplate(source) && !VOLUME_NAME.test(source)) {
    throw invalidMount(
      kind,
      `${JSON.stringify(source)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed`,
    );
  }
}

function invalidMount(type: string, what: string): Error {
  return invalidSpec(`ContainerSpec: invalid mount config for type "${type}": ${what}`);
}

/** An engine takes `/a` and `/a/` for one place. */
function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
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
