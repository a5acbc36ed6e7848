import type { Mount } from '#common/proto';
import type { FileMount } from '../../payloads/file-host';

/** The engine's form of a mount. What is not given is left out, so that the engine's own default holds. */
export function toMountConfig(mount: Mount): object {
  const { type, source, target, readOnly, consistency } = mount;
  return {
    Type: type || 'volume',
    Source: source || undefined,
    Target: target,
    ReadOnly: readOnly || undefined,
    Consistency: consistency || undefined,
    BindOptions: toBindOptions(mount),
    VolumeOptions: toVolumeOptions(mount),
    TmpfsOptions: toTmpfsOptions(mount),
    ImageOptions: mount.imageOptions?.subpath ? { Subpath: mount.imageOptions.subpath } : undefined,
  };
}

function toBindOptions({ bindOptions: options }: Mount): object | undefined {
  return (
    options && {
      Propagation: options.propagation || undefined,
      NonRecursive: options.nonRecursive || undefined,
      CreateMountpoint: options.createMountpoint || undefined,
      ReadOnlyNonRecursive: options.readOnlyNonRecursive || undefined,
      ReadOnlyForceRecursive: options.readOnlyForceRecursive || undefined,
    }
  );
}

function toVolumeOptions({ volumeOptions: options }: Mount): object | undefined {
  return (
    options && {
      NoCopy: options.noCopy || undefined,
      Labels: options.labels,
      Subpath: options.subpath || undefined,
      DriverConfig: options.driverConfig && { Name: options.driverConfig.name, Options: options.driverConfig.options },
    }
  );
}

function toTmpfsOptions({ tmpfsOptions: options }: Mount): object | undefined {
  return (
    options && {
      SizeBytes: options.sizeBytes || undefined,
      Mode: options.mode || undefined,
      Options: options.options.length > 0 ? options.options : undefined,
    }
  );
}

/** A file of the host that the container may only read. */
export function toFileMount({ source, target }: FileMount): object {
  return { Type: 'bind', Source: source, Target: target, ReadOnly: true };
}
