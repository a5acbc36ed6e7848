import { NodeAvailability, NodeRole, NodeState } from '#common/domain';
import { NodeNetworking_IngressMode, type Node, type NodeNetworking, type PluginDescription } from '#common/proto';
import { renderCpus, renderSize } from './amounts';
import { renderManagerStatus } from './node-table';
import type { Detail } from './table';

function labelDetails(heading: string, labels: Readonly<Record<string, string>> | undefined): Detail[] {
  const names = Object.keys(labels ?? {}).sort();
  return names.length === 0 ? [] : [{ name: heading }, ...names.map((name) => ({ name, value: labels?.[name], depth: 1 }))];
}

function describeHost({ description }: Node): Detail[] {
  const { platform, resources, engine, networking } = description ?? {};
  return [
    { name: 'Platform', value: `${platform?.os ?? ''}/${platform?.architecture ?? ''}` },
    { name: 'CPUs', value: renderCpus(resources?.nanoCpus ?? 0) },
    { name: 'Memory', value: renderSize(resources?.memoryBytes ?? 0) },
    { name: 'Engine version', value: engine?.engineVersion },
    ...labelDetails('Engine labels', engine?.labels),
    ...pluginDetails(engine?.plugins ?? []),
    ...networkDetails(networking),
  ];
}

/** What the node lacks for overlay networks, and why; nothing for one that lacks nothing. */
function networkDetails(networking: NodeNetworking | undefined): Detail[] {
  if (!networking) return [];
  const { overlayProblem, encryptionProblem, ingressMode, ingressProblem, filterProblem } = networking;
  const open: Detail[] =
    filterProblem === ''
      ? []
      : [{ name: 'Filter', value: `none, containers may reach the control plane: ${filterProblem}`, depth: 1 }];
  if (overlayProblem !== '')
    return [{ name: 'Networks' }, { name: 'Overlays', value: `none: ${overlayProblem}`, depth: 1 }, ...open];
  const isMasqueraded = ingressMode === NodeNetworking_IngressMode.masquerade;
  const lacks: Detail[] = [
    ...(encryptionProblem === '' ? [] : [{ name: 'Encrypted', value: `none: ${encryptionProblem}`, depth: 1 }]),
    ...(isMasqueraded
      ? [{ name: 'Callers', value: `of other nodes' published ports come with that node's address: ${ingressProblem}`, depth: 1 }]
      : []),
    ...open,
  ];
  return lacks.length === 0 ? [] : [{ name: 'Networks' }, ...lacks];
}

/** Drivers by what they are for: `Log: json-file, syslog`. */
function pluginDetails(plugins: readonly PluginDescription[]): Detail[] {
  const types = [...new Set(plugins.map(({ type }) => type))].sort();
  const namesOf = (type: string): string =>
    plugins
      .filter((plugin) => plugin.type === type)
      .map(({ name }) => name)
      .join(', ');
  return types.length === 0
    ? []
    : [{ name: 'Plugins' }, ...types.map((type) => ({ name: type, value: namesOf(type), depth: 1 }))];
}

/** What `node inspect --pretty` shows. */
export function describeNode(node: Node): Detail[] {
  const { id, createdAt, spec, description, status, managerStatus } = node;
  const manager: Detail[] = managerStatus
    ? [
        { name: 'Manager' },
        { name: 'Status', value: renderManagerStatus(managerStatus), depth: 1 },
        { name: 'Address', value: managerStatus.addr, depth: 1 },
      ]
    : [];
  return [
    { name: 'ID', value: id },
    { name: 'Host name', value: description?.hostname },
    { name: 'Joined at', value: createdAt },
    { name: 'State', value: status?.state ?? NodeState.unknown },
    ...(status?.message ? [{ name: 'Message', value: status.message }] : []),
    { name: 'Address', value: status?.addr },
    { name: 'Role', value: spec?.role ?? NodeRole.worker },
    { name: 'Availability', value: spec?.availability ?? NodeAvailability.active },
    ...labelDetails('Labels', spec?.labels),
    ...describeHost(node),
    ...manager,
  ];
}
