import type { GenericResource, NodeDescription, NodeNetworking, PluginDescription } from '#common/proto';
import { kindOf } from '../../generic-resource-flag';
import type { EngineInfo, EngineVersion, GenericResourceInfo } from './engine-api';

const NANO_CPUS_PER_CPU = 1_000_000_000;
const PLUGIN_TYPES = ['Authorization', 'Log', 'Network', 'Volume'];

/** What the agent adds to what its engine says. */
export interface NodeFacts {
  readonly hostname: string;
  /** Win over the engine's own labels of the same name. */
  readonly labels: Readonly<Record<string, string>>;
  /** Win over what the engine offers of the same kind. */
  readonly genericResources: readonly GenericResource[];
  /** What the host can do for overlay networks, as of now. */
  readonly networking?: () => NodeNetworking;
}

/** The description of a node whose engine has not answered yet. */
export function undescribedNode({ hostname, labels, genericResources, networking }: NodeFacts): NodeDescription {
  return {
    hostname,
    platform: { architecture: '', os: '' },
    resources: { nanoCpus: 0, memoryBytes: 0, genericResources: [...genericResources] },
    engine: { engineVersion: '', labels: { ...labels }, plugins: [] },
    ...(networking && { networking: networking() }),
  };
}

/** The description of a node whose engine has answered. */
export function toNodeDescription(info: EngineInfo, version: EngineVersion, facts: NodeFacts): NodeDescription {
  const { hostname, labels, networking } = facts;
  return {
    hostname,
    platform: { architecture: info.Architecture ?? '', os: info.OSType ?? '' },
    resources: {
      nanoCpus: (info.NCPU ?? 0) * NANO_CPUS_PER_CPU,
      memoryBytes: info.MemTotal ?? 0,
      genericResources: offeredResources(info, facts.genericResources),
    },
    engine: {
      engineVersion: version.Version ?? '',
      labels: { ...parseLabels(info.Labels ?? []), ...labels },
      plugins: listPlugins(info),
    },
    ...(networking && { networking: networking() }),
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

function offeredResources(info: EngineInfo, own: readonly GenericResource[]): GenericResource[] {
  const ownKinds = new Set(own.map(kindOf));
  const engines = (info.GenericResources ?? []).flatMap((offer) => toGenericResource(offer) ?? []);
  return [...engines.filter((offer) => !ownKinds.has(kindOf(offer))), ...own];
}

/** Undefined for an entry that names nothing or no amount. */
function toGenericResource(offer: GenericResourceInfo): GenericResource | undefined {
  const { NamedResourceSpec: named, DiscreteResourceSpec: discrete } = offer;
  if (named?.Kind && named.Value)
    return { namedResourceSpec: { kind: named.Kind, value: named.Value }, discreteResourceSpec: undefined };
  if (!discrete?.Kind || !Number.isSafeInteger(discrete.Value)) return undefined;
  return { discreteResourceSpec: { kind: discrete.Kind, value: discrete.Value ?? 0 }, namedResourceSpec: undefined };
}

function listPlugins(info: EngineInfo): PluginDescription[] {
  return PLUGIN_TYPES.flatMap((type) => [...(info.Plugins?.[type] ?? [])].sort().map((name) => ({ type, name })));
}
