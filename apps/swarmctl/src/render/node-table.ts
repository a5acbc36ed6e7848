import { NodeAvailability, NodeState } from '#common/domain';
import type { ManagerStatus, Node } from '#common/proto';
import { renderLabels, type Column } from './table';

/** A state without a name here is a number. */
const capitalized = (word: string | number): string => String(word).charAt(0).toUpperCase() + String(word).slice(1);

/** What a node is for the managers: nothing for a worker. */
export function renderManagerStatus(status: ManagerStatus | undefined): string {
  if (!status) return '';
  return status.leader ? 'Leader' : capitalized(status.reachability);
}

/** The columns of `node ls`. `selfId` is the node that the manager runs on. */
export function nodeColumns(selfId: string): Column<Node>[] {
  return [
    { heading: 'ID', cell: ({ id }) => (id === selfId ? `${id} *` : id) },
    { heading: 'HOSTNAME', cell: ({ description }) => description?.hostname ?? '' },
    { heading: 'STATUS', cell: ({ status }) => capitalized(status?.state ?? NodeState.unknown) },
    { heading: 'AVAILABILITY', cell: ({ spec }) => capitalized(spec?.availability ?? NodeAvailability.active) },
    { heading: 'MANAGER STATUS', cell: ({ managerStatus }) => renderManagerStatus(managerStatus) },
    { heading: 'ENGINE VERSION', cell: ({ description }) => description?.engine?.engineVersion ?? '' },
    { heading: 'SELF', cell: ({ id }) => String(id === selfId), isHidden: true },
    { heading: 'ROLE', cell: ({ spec }) => spec?.role ?? '', isHidden: true },
    { heading: 'LABELS', cell: ({ spec }) => renderLabels(spec?.labels ?? {}), isHidden: true },
  ];
}
