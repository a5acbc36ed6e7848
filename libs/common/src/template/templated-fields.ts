import type { ContainerSpec, Mount, VolumeOptions } from '../proto';

/** Given the name of a field and its text; returns the text to put in its place. */
export type TemplateUse = (field: string, text: string) => string;

/** The container spec with everything replaced that may be a template: values of the environment, hostname, and texts of mounts. */
export function mapTemplates(container: ContainerSpec, use: TemplateUse): ContainerSpec {
  return {
    ...container,
    env: container.env.map((entry) => mapEnv(entry, use)),
    hostname: use('Hostname', container.hostname),
    mounts: container.mounts.map((mount) => mapMount(mount, use)),
  };
}

/** Only the value: a name stays as it is. */
function mapEnv(entry: string, use: TemplateUse): string {
  const equals = entry.indexOf('=');
  if (equals === -1) return entry;
  const name = entry.slice(0, equals);
  return `${name}=${use(`Env ${name}`, entry.slice(equals + 1))}`;
}

function mapMount(mount: Mount, use: TemplateUse): Mount {
  const field = `Mount ${mount.target}`;
  return {
    ...mount,
    source: use(`${field} Source`, mount.source),
    target: use(`${field} Target`, mount.target),
    volumeOptions: mount.volumeOptions && mapVolumeOptions(field, mount.volumeOptions, use),
  };
}

function mapVolumeOptions(field: string, options: VolumeOptions, use: TemplateUse): VolumeOptions {
  const { labels, driverConfig } = options;
  return {
    ...options,
    labels: mapValues(labels, (key, text) => use(`${field} volume label ${key}`, text)),
    driverConfig: driverConfig && {
      ...driverConfig,
      options: mapValues(driverConfig.options, (key, text) => use(`${field} volume option ${key}`, text)),
    },
  };
}

function mapValues(texts: Record<string, string>, change: (key: string, text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, change(key, text)]));
}
