import { assertNever } from '#common/errors';
import type { Service, ServiceMode } from '#common/proto';
import { renderPorts } from './ports';
import { renderLabels, shortId, type Column } from './table';

export type ModeName = 'replicated' | 'global' | 'replicated job' | 'global job';

/** The mode of a service in words. One without any is replicated. */
export function modeName(mode: ServiceMode | undefined): ModeName {
  if (mode?.global) return 'global';
  if (mode?.replicatedJob) return 'replicated job';
  return mode?.globalJob ? 'global job' : 'replicated';
}

/** Running and wanted tasks, `3/5`; for jobs also the completed ones. */
export function renderReplicas({ spec, serviceStatus }: Service): string {
  const { runningTasks = 0, desiredTasks = 0, completedTasks = 0 } = serviceStatus ?? {};
  const running = `${runningTasks}/${desiredTasks}`;
  const mode = modeName(spec?.mode);
  const maxPerNode = spec?.taskTemplate?.placement?.maxReplicas ?? 0;
  switch (mode) {
    case 'replicated':
      return maxPerNode > 0 ? `${running} (max ${maxPerNode} per node)` : running;
    case 'global':
      return running;
    case 'replicated job':
      return `${running} (${completedTasks}/${spec?.mode?.replicatedJob?.totalCompletions ?? 1} completed)`;
    case 'global job':
      // What has completed is not desired any more: both together are all the nodes that it is for.
      return `${running} (${completedTasks}/${desiredTasks + completedTasks} completed)`;
    default:
      return assertNever(mode);
  }
}

/** The image as it was asked for: the digest that it was pinned to says nothing to people. */
export function renderImage(image: string): string {
  const [name = '', digest] = image.split('@');
  const isTagged = name.lastIndexOf(':') > name.lastIndexOf('/');
  return digest !== undefined && isTagged ? name : image;
}

/** The columns of `service ls`. */
export function serviceColumns(truncate: boolean): Column<Service>[] {
  return [
    { heading: 'ID', cell: ({ id }) => (truncate ? shortId(id) : id) },
    { heading: 'NAME', cell: ({ spec }) => spec?.name ?? '' },
    { heading: 'MODE', cell: ({ spec }) => modeName(spec?.mode) },
    { heading: 'REPLICAS', cell: renderReplicas },
    { heading: 'IMAGE', cell: ({ spec }) => renderImage(spec?.taskTemplate?.containerSpec?.image ?? '') },
    { heading: 'PORTS', cell: ({ endpoint }) => renderPorts(endpoint?.ports.filter(isOnEveryNode) ?? []) },
    { heading: 'LABELS', cell: ({ spec }) => renderLabels(spec?.labels ?? {}), isHidden: true },
  ];
}

const isOnEveryNode = ({ publishMode }: { publishMode: string }): boolean => publishMode !== 'host';
