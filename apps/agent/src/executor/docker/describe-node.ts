import type { NodeDescription, PluginDescription } from '#common/proto';
import type { EngineInfo, EngineVersion } from './engine-api';

const NANO_CPUS_PER_CPU = 1_000_000_000;
const PLUGIN_TYPES = ['Authorization', 'Log', 'Network', 'Volume'];

/** What the agent adds to what its engine says. */
export interface NodeFacts {
  readonly hostname: string;
  /** Win over the engine's own labels of the same name. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The description of a node whose engine has not answered yet. */
export function undescribedNode({ hostname, labels }: NodeFacts): NodeDescription {
  return {
    hostname,
    platform: { architecture: '', os: '' },
    resources: { nanoCpus: 0, memoryBytes: 0, genericResources: [] },
    engine: { engineVersion: '', labels: { ...labels }, plugins: [] },
  };
}

export function toNodeDescription(info: EngineInfo, version: EngineVersion, { hostname, labels }: NodeFacts): NodeDescription {
  return {
    hostname,
    platform: { architecture: info.Architecture ?? '', os: info.OSType ?? '' },
    resources: { nanoCpus: (info.NCPU ?? 0) * NANO_CPUS_PER_CPU, memoryBytes: info.MemTotal ?? 0, genericResources: [] },
    engine: {
      engineVersion: version.Version ?? '',
      labels: { ...parseLabels(info.Labels ?? []), ...labels },
      plugins: listPlugins(info),
    },
  };
}

/** `key=value` each; a label without a value is the empty text. */
export function parseLabels(labels: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    labels.map((label) => {
      const [key = '', ...value] = label.split('=');
      return [key, value.join('=')];
    }),
  );
}

function listPlugins(info: EngineInfo): PluginDescription[] {
  return PLUGIN_TYPES.flatMap((type) => [...(info.Plugins?.[type] ?? [])].sort().map((name) => ({ type, name })));
}
