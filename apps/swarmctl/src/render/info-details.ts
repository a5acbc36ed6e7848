import { renderSize } from './amounts';
import type { Detail } from './table';

/** The part of the API's `/info` that is shown. */
export interface ManagerInfo {
  readonly Name?: unknown;
  readonly ServerVersion?: unknown;
  readonly OperatingSystem?: unknown;
  readonly KernelVersion?: unknown;
  readonly Architecture?: unknown;
  readonly NCPU?: unknown;
  readonly MemTotal?: unknown;
  readonly Swarm?: {
    readonly NodeID?: unknown;
    readonly NodeAddr?: unknown;
    readonly LocalNodeState?: unknown;
    readonly Error?: unknown;
    readonly Nodes?: unknown;
    readonly Managers?: unknown;
    readonly Cluster?: { readonly ID?: unknown };
    readonly RemoteManagers?: unknown;
  };
}

const isSaid = (value: unknown): value is string | number =>
  (typeof value === 'string' && value !== '') || typeof value === 'number';

function managerAddresses(managers: unknown): string | undefined {
  const list = Array.isArray(managers) ? (managers as { Addr?: unknown }[]) : [];
  return (
    list
      .map(({ Addr }) => Addr)
      .filter(isSaid)
      .join(', ') || undefined
  );
}

function details(depth: number, values: readonly (readonly [name: string, value: unknown])[]): Detail[] {
  return values.flatMap(([name, value]) => (isSaid(value) ? [{ name, value: String(value), depth }] : []));
}

/** What `swarmctl info` shows; what the manager does not say is left out. */
export function describeInfo(info: ManagerInfo): Detail[] {
  const swarm = info.Swarm ?? {};
  return [
    { name: 'Swarm' },
    ...details(1, [
      ['State', swarm.LocalNodeState],
      ['Error', swarm.Error],
      ['Cluster ID', swarm.Cluster?.ID],
      ['Nodes', swarm.Nodes],
      ['Managers', swarm.Managers],
      ['Manager addresses', managerAddresses(swarm.RemoteManagers)],
    ]),
    { name: 'This manager' },
    ...details(1, [
      ['Host name', info.Name],
      ['Node ID', swarm.NodeID],
      ['Address', swarm.NodeAddr],
      ['Version', info.ServerVersion],
      ['Operating system', info.OperatingSystem],
      ['Kernel', info.KernelVersion],
      ['Architecture', info.Architecture],
      ['CPUs', info.NCPU],
      ['Memory', typeof info.MemTotal === 'number' ? renderSize(info.MemTotal) : undefined],
    ]),
  ];
}
