import type { BindOptions, Driver, Mount, TmpfsOptions, VolumeOptions } from '#common/proto';
import { badValue, type ValueKind } from '../flag';
import { parseSize } from './amounts';
import { parseFields, unknownKey, valueOf, type Field } from './csv';
import { parseOctal } from './numbers';
import { oneOf, splitPair } from './text';
import { parseTruth } from './truth';

const types = oneOf('volume', 'bind', 'tmpfs', 'npipe', 'cluster', 'image');
const propagations = oneOf('rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave');
const consistencies = oneOf('default', 'consistent', 'cached', 'delegated');
const recursions = oneOf('enabled', 'disabled', 'writable', 'readonly');

const NEW_MOUNT: Mount = {
  type: 'volume',
  source: '',
  target: '',
  readOnly: false,
  consistency: '',
  bindOptions: undefined,
  volumeOptions: undefined,
  imageOptions: undefined,
  tmpfsOptions: undefined,
  clusterOptions: undefined,
};

function withBind(mount: Mount, change: Partial<BindOptions>): Mount {
  const none: BindOptions = {
    propagation: '',
    nonRecursive: false,
    createMountpoint: false,
    readOnlyNonRecursive: false,
    readOnlyForceRecursive: false,
  };
  return { ...mount, bindOptions: { ...none, ...mount.bindOptions, ...change } };
}

function volumeOptionsOf(mount: Mount): VolumeOptions & { driverConfig: Driver } {
  const { noCopy = false, labels = {}, subpath = '', driverConfig = { name: '', options: {} } } = mount.volumeOptions ?? {};
  return { noCopy, labels, subpath, driverConfig };
}

function withVolume(mount: Mount, change: Partial<VolumeOptions>): Mount {
  return { ...mount, volumeOptions: { ...volumeOptionsOf(mount), ...change } };
}

function withTmpfs(mount: Mount, change: Partial<TmpfsOptions>): Mount {
  return { ...mount, tmpfsOptions: { sizeBytes: 0, mode: 0, options: [], ...mount.tmpfsOptions, ...change } };
}

function withRecursion(mount: Mount, value: string): Mount {
  switch (recursions.parse(value)) {
    case 'enabled':
      return mount;
    case 'disabled':
      return withBind(mount, { nonRecursive: true });
    case 'writable':
      return withBind(mount, { readOnlyNonRecursive: true });
    case 'readonly':
      return withBind(mount, { readOnlyForceRecursive: true });
  }
}

/** Adds `name=value` to a map; a nameless pair is passed over, as docker does. */
function withPair(map: Readonly<Record<string, string>>, given: string): Record<string, string> {
  const [name, value] = splitPair(given);
  return name === '' ? { ...map } : { ...map, [name]: value };
}

function withVolumeDriverOption(mount: Mount, value: string): Mount {
  const { driverConfig } = volumeOptionsOf(mount);
  return withVolume(mount, { driverConfig: { ...driverConfig, options: withPair(driverConfig.options, value) } });
}

type Setter = (mount: Mount, value: string) => Mount;

const source: Setter = (mount, value) => ({ ...mount, source: value });
const target: Setter = (mount, value) => ({ ...mount, target: value });
const readOnly: Setter = (mount, value) => ({ ...mount, readOnly: parseTruth(value) });

const SETTERS: Readonly<Record<string, Setter>> = {
  type: (mount, value) => ({ ...mount, type: types.parse(value) }),
  source,
  src: source,
  target,
  dst: target,
  destination: target,
  readonly: readOnly,
  ro: readOnly,
  consistency: (mount, value) => ({ ...mount, consistency: consistencies.parse(value) }),
  'bind-propagation': (mount, value) => withBind(mount, { propagation: propagations.parse(value) }),
  'bind-recursive': withRecursion,
  'bind-nonrecursive': (mount, value) => withBind(mount, { nonRecursive: parseTruth(value) }),
  'volume-driver': (mount, value) => withVolume(mount, { driverConfig: { ...volumeOptionsOf(mount).driverConfig, name: value } }),
  'volume-opt': withVolumeDriverOption,
  'volume-label': (mount, value) => withVolume(mount, { labels: withPair(volumeOptionsOf(mount).labels, value) }),
  'volume-nocopy': (mount, value) => withVolume(mount, { noCopy: parseTruth(value) }),
  'volume-subpath': (mount, value) => withVolume(mount, { subpath: value }),
  'image-subpath': (mount, value) => ({ ...mount, imageOptions: { subpath: value } }),
  'tmpfs-size': (mount, value) => withTmpfs(mount, { sizeBytes: parseSize(value) }),
  'tmpfs-mode': (mount, value) => withTmpfs(mount, { mode: parseOctal(value) }),
};

const SWITCHES = ['readonly', 'ro', 'volume-nocopy', 'bind-nonrecursive'];

function withField(mount: Mount, field: Field): Mount {
  const set = Object.hasOwn(SETTERS, field.key) ? SETTERS[field.key] : undefined;
  if (field.value === undefined && SWITCHES.includes(field.key)) return set?.(mount, 'true') ?? mount;
  const value = valueOf(field);
  if (!set) throw unknownKey(field, Object.keys(SETTERS));
  return set(mount, value);
}

/** Options of one type of mount mean nothing to another. */
function checkType(mount: Mount): void {
  const options = { bind: mount.bindOptions, volume: mount.volumeOptions, image: mount.imageOptions, tmpfs: mount.tmpfsOptions };
  for (const [type, given] of Object.entries(options)) {
    if (given && type !== mount.type) throw badValue(`options ${type}-* do not go with a mount of type ${mount.type}`);
  }
}

function checkRecursion({ bindOptions, readOnly }: Mount): void {
  if (bindOptions?.readOnlyNonRecursive && !readOnly) throw badValue('bind-recursive=writable needs readonly as well');
  if (!bindOptions?.readOnlyForceRecursive) return;
  if (!readOnly) throw badValue('bind-recursive=readonly needs readonly as well');
  if (bindOptions.propagation !== 'rprivate') throw badValue('bind-recursive=readonly needs bind-propagation=rprivate as well');
}

/** What a template at the front becomes is known on the node only. */
const mayBeAbsolute = (path: string): boolean => path.startsWith('/') || path.startsWith('{{');

/** A source that begins with a dot is made absolute later. */
function checkPaths({ type, source, target }: Mount): void {
  if (type !== 'npipe' && !mayBeAbsolute(target)) throw badValue(`'${target}' is not an absolute path`);
  if (type === 'tmpfs' && source !== '') throw badValue('a tmpfs has no source');
  if (type === 'volume' && source.startsWith('/')) {
    throw badValue(`'${source}' is a path, not the name of a volume; for a folder of the host write type=bind`);
  }
  if (type !== 'bind') return;
  if (source === '') throw badValue('a bind needs a source: source=/path');
  if (!mayBeAbsolute(source) && source !== '.' && !source.startsWith('./')) {
    throw badValue(`'${source}' is not an absolute path, nor does it begin with ./`);
  }
}

/**
 * Reads what is given to `--mount`: comma-separated `key=value`, a field with commas in double quotes. The source of a bind is
 * left as it was typed, even when it is relative.
 * @throws DomainError INVALID_ARGUMENT
 */
export function parseMount(text: string): Mount {
  const mount = parseFields(text).reduce(withField, NEW_MOUNT);
  if (mount.target === '') throw badValue(`'${text}' does not say where in the container: target=/path`);
  checkType(mount);
  checkRecursion(mount);
  checkPaths(mount);
  return mount;
}

export const mount: ValueKind<Mount> = {
  placeholder: 'mount',
  example: 'type=volume,source=data,target=/data',
  parse: parseMount,
};
