import { isTerminal, observedState } from '../domain';
import type { ObservedNode, Service, Task, TaskStatus } from '../proto';
import type { ViewChange } from './cluster-view';
import type { Revision, Stored } from './object-store';

/** A node's observed part with the revision to compare when writing it. */
export interface RevisedNode {
  observed: ObservedNode;
  modRevision: Revision;
}

/** A task's observed part with the revision to compare when writing it. */
export interface RevisedStatus {
  status: TaskStatus;
  modRevision: Revision;
}

export function networkIdsOf(task: Task | undefined): string[] {
  return (task?.networksAttachments ?? []).flatMap(({ network }) => network?.id || []);
}

/** Networks that a service is to be on, or has a virtual address on. */
export function networkIdsOfService(service: Service | undefined): string[] {
  const wanted = (service?.spec?.taskTemplate?.networks ?? []).map(({ target }) => target);
  return [...wanted, ...(service?.endpoint?.virtualIps ?? []).map(({ networkId }) => networkId)];
}

export function revised(observed: ObservedNode | undefined, stored: Stored | undefined): RevisedNode | undefined {
  return observed && stored && { observed, modRevision: stored.modRevision };
}

export function revisedStatus(status: TaskStatus | undefined, stored: Stored | undefined): RevisedStatus | undefined {
  return status && stored && { status, modRevision: stored.modRevision };
}

export function idOf(before: { id: string } | undefined, after: { id: string } | undefined): string {
  return (after ?? before)?.id ?? '';
}

export function taskChange(before: Task | undefined, after: Task | undefined): ViewChange {
  const nodeIds = new Set([before?.nodeId, after?.nodeId].filter((id): id is string => Boolean(id)));
  return {
    kind: 'task',
    id: idOf(before, after),
    serviceId: (after ?? before)?.serviceId ?? '',
    nodeIds: [...nodeIds],
    endedOrGone: after ? isTerminal(observedState(after)) && !(before && isTerminal(observedState(before))) : true,
  };
}

/** Clients compare `version` with the revision of the object's own key, not of the parts joined to it. */
export function versioned<T extends { version: { index?: number | undefined } | undefined }>(
  object: T | undefined,
  stored: Stored | undefined,
): T | undefined {
  return object && { ...object, version: { index: stored?.modRevision } };
}

/** Id of the task's container; empty while there is none. */
export function containerOf(task: Task | undefined): string {
  return task?.status?.containerStatus?.containerId ?? '';
}
