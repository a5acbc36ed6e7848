import type { Mount } from '#common/proto';
import { badValue } from '../../flags/flag';
import type { ComposeService, ComposeVolume, ComposeVolumeMount } from '../../compose/model';
import type { Place } from '../../compose/place';
import { parseSize } from '../../flags/values/amounts';
import { parseOctal } from '../../flags/values/numbers';
import { NAMESPACE_LABEL, objectName } from '../names';
import type { ConvertContext } from './context';
import { plainValues } from './name-values';

const TYPES = ['bind', 'volume', 'tmpfs', 'npipe', 'image', 'cluster'];

function emptyMount({ type, source = '', target, read_only = false, consistency = '' }: ComposeVolumeMount): Mount {
  return {
    type,
    source,
    target,
    readOnly: read_only,
    consistency,
    bindOptions: undefined,
    volumeOptions: undefined,
    imageOptions: undefined,
    tmpfsOptions: undefined,
    clusterOptions: undefined,
  };
}

function bindMount(mount: ComposeVolumeMount): Mount {
  const { propagation = '', create_host_path: createMountpoint = false, recursive = 'enabled' } = mount.bind ?? {};
  const bindOptions = {
    propagation,
    createMountpoint,
    nonRecursive: recursive === 'disabled',
    readOnlyNonRecursive: recursive === 'writable',
    readOnlyForceRecursive: recursive === 'readonly',
  };
  const isPlain = Object.values(bindOptions).every((value) => value === '' || value === false);
  return { ...emptyMount(mount), bindOptions: isPlain ? undefined : bindOptions };
}

/** A volume of the stack has its labels and its driver; one from outside is taken as it is. */
function volumeMount(mount: ComposeVolumeMount, { stack, model }: ConvertContext): Mount {
  const { nocopy: noCopy = false, subpath = '', labels: ownLabels } = mount.volume ?? {};
  const volume: ComposeVolume | undefined = mount.source === undefined ? undefined : (model.volumes[mount.source] ?? {});
  const source = mount.source === undefined || !volume ? '' : objectName(stack, mount.source, volume);
  const isOurs = volume?.external !== true;
  const labels = isOurs ? { ...plainValues(volume?.labels), ...plainValues(ownLabels), [NAMESPACE_LABEL]: stack } : {};
  const hasDriver = isOurs && (volume?.driver !== undefined || volume?.driver_opts !== undefined);
  const driverConfig = hasDriver ? { name: volume.driver ?? '', options: plainValues(volume.driver_opts) } : undefined;
  return { ...emptyMount(mount), source, volumeOptions: { noCopy, subpath, labels, driverConfig } };
}

function tmpfsMount(mount: ComposeVolumeMount): Mount {
  const { size: sizeBytes = 0, mode = 0 } = mount.tmpfs ?? {};
  const isPlain = sizeBytes === 0 && mode === 0;
  return { ...emptyMount(mount), tmpfsOptions: isPlain ? undefined : { sizeBytes, mode, options: [] } };
}

/** `/path:size=64m,mode=1770` */
function parseTmpfs(text: string): ComposeVolumeMount {
  const [target = '', options = ''] = text.split(/:(.*)/s);
  const tmpfs: { size?: number; mode?: number } = {};
  for (const option of options.split(',').filter(Boolean)) {
    const [key, value = ''] = option.split('=');
    if (key === 'size') tmpfs.size = parseSize(value);
    else if (key === 'mode') tmpfs.mode = parseOctal(value);
    else throw badValue(`'${option}' cannot be said for a task: there are size and mode`);
  }
  return { type: 'tmpfs', target, tmpfs };
}

function toMount(mount: ComposeVolumeMount, place: Place, context: ConvertContext): Mount {
  if (!mount.target.startsWith('/') && !mount.target.startsWith('{{') && mount.type !== 'npipe') {
    throw place.error(`has a target that is no absolute path: ${mount.target}`);
  }
  switch (mount.type) {
    case 'bind':
      if (mount.source === undefined) throw place.error('needs the key source: a path of the host');
      return bindMount(mount);
    case 'volume':
      return volumeMount(mount, context);
    case 'tmpfs':
      if (mount.source !== undefined) throw place.error('is a tmpfs, which has no source');
      return tmpfsMount(mount);
    case 'image':
      return { ...emptyMount(mount), imageOptions: mount.image ? { subpath: mount.image.subpath ?? '' } : undefined };
    case 'npipe':
      return emptyMount(mount);
    default:
      throw place.error(`has a type that cannot be used here: ${mount.type}; there are ${TYPES.slice(0, -1).join(', ')}`);
  }
}

/** The mounts of a service. @throws DomainError INVALID_ARGUMENT naming the place */
export function toMounts({ volumes = [], tmpfs = [] }: ComposeService, place: Place, context: ConvertContext): Mount[] {
  const mounts = [
    ...volumes.map((mount, index) => ({ mount, at: place.at('volumes', index) })),
    ...tmpfs.map((text, index) => ({ mount: place.at('tmpfs', index).read(text, parseTmpfs), at: place.at('tmpfs', index) })),
  ];
  const targets = mounts.map(({ mount }) => mount.target);
  const again = mounts.find(({ mount }, index) => targets.indexOf(mount.target) < index);
  if (again) throw again.at.error(`mounts at ${again.mount.target}, where something else is mounted already`);
  return mounts.map(({ mount, at }) => toMount(mount, at, context));
}
