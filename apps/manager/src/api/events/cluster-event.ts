import { isAttachment, TaskState, observedState } from '#common/domain';
import type { Node, Service, Task } from '#common/proto';
import type { SpaceUsage } from '#common/store';
import type { JsonObject } from '../render/json-parts';

/** Kinds of objects that events are about. Docker has no events of tasks: they are only sent to those who ask for them. */
export type EventType = 'service' | 'node' | 'network' | 'secret' | 'config' | 'task' | 'cluster';

/** Something that happened to an object of the cluster. */
export interface ClusterEvent {
  readonly type: EventType;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Since 1970. */
  readonly timeNanos: bigint;
}

/** An event before it has a time. */
export type Happening = Omit<ClusterEvent, 'timeNanos'>;

const NANOS_PER_SECOND = 1_000_000_000n;

/** Docker's JSON of an event. Its nanoseconds are beyond what JSON.stringify can write. */
export function renderEvent({ type, action, id, attributes, timeNanos }: ClusterEvent): string {
  const event: JsonObject = {
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: 'swarm',
    time: Number(timeNanos / NANOS_PER_SECOND),
  };
  return `${JSON.stringify(event).slice(0, -1)},"timeNano":${timeNanos}}`;
}

/** What happened to a service between two moments; undefined for nothing that anybody is told of. */
export function serviceEvent(before: Service | undefined, after: Service | undefined): Happening | undefined {
  const name = (after ?? before)?.spec?.name ?? '';
  const happening = lifeOf('service', before, after, { name });
  if (happening || !before || !after) return happening;
  const replicas = ({ spec }: Service): string => String(spec?.mode?.replicated?.replicas ?? '');
  const image = ({ spec }: Service): string => spec?.taskTemplate?.containerSpec?.image ?? '';
  const update = ({ updateStatus }: Service): string => String(updateStatus?.state ?? '');
  const differences = {
    ...difference('replicas', replicas(before), replicas(after)),
    ...difference('image', image(before), image(after)),
    ...difference('updatestate', update(before), update(after)),
  };
  const isUpdated = before.version?.index !== after.version?.index || Object.keys(differences).length > 0;
  return isUpdated ? { type: 'service', action: 'update', id: after.id, attributes: { name, ...differences } } : undefined;
}

/** As serviceEvent. */
export function nodeEvent(before: Node | undefined, after: Node | undefined): Happening | undefined {
  const nameOf = ({ spec, description }: Node): string => spec?.name || description?.hostname || '';
  const name = nameOf(after ?? before ?? ({} as Node));
  const happening = lifeOf('node', before, after, { name });
  if (happening || !before || !after) return happening;
  const differences = {
    ...difference('availability', String(before.spec?.availability ?? ''), String(after.spec?.availability ?? '')),
    ...difference('role', String(before.spec?.role ?? ''), String(after.spec?.role ?? '')),
    ...difference('state', String(before.status?.state ?? ''), String(after.status?.state ?? '')),
    ...difference('leader', leads(before), leads(after)),
    ...difference('reachability', before.managerStatus?.reachability ?? '', after.managerStatus?.reachability ?? ''),
  };
  const isUpdated = before.version?.index !== after.version?.index || Object.keys(differences).length > 0;
  return isUpdated ? { type: 'node', action: 'update', id: after.id, attributes: { name, ...differences } } : undefined;
}

/** What happened to an object that has nothing but a name to tell. */
export function namedEvent(type: EventType, before: Named | undefined, after: Named | undefined): Happening | undefined {
  const name = (after ?? before)?.spec?.name ?? '';
  const happening = lifeOf(type, before, after, { name });
  if (happening || !after || before?.version?.index === after.version?.index) return happening;
  return { type, action: 'update', id: after.id, attributes: { name } };
}

interface Named {
  readonly id: string;
  readonly spec?: { readonly name: string } | undefined;
  readonly version?: { readonly index?: number | undefined } | undefined;
}

/** Whether etcd has become full, or is not any more. @param id of the cluster */
export function storeEvent(id: string, { isFull, sizeBytes, inUseBytes, quotaBytes }: SpaceUsage): Happening {
  const attributes = { sizeBytes: String(sizeBytes), inUseBytes: String(inUseBytes), quotaBytes: String(quotaBytes) };
  return { type: 'cluster', action: isFull ? 'store-full' : 'store-recovered', id, attributes };
}

/** A task's event is the state that it has come to. */
export function taskEvent(before: Task | undefined, after: Task | undefined): Happening | undefined {
  const task = after ?? before;
  if (!task || isAttachment(task)) return undefined;
  const { id, serviceId, serviceName, slot, nodeId, status } = task;
  const attributes = {
    name: `${serviceName}.${slot === 0 ? nodeId : slot}`,
    'service.id': serviceId,
    'service.name': serviceName,
    'node.id': nodeId,
    ...(status?.err ? { error: status.err } : {}),
    ...(status?.containerStatus?.exitCode ? { exitCode: String(status.containerStatus.exitCode) } : {}),
  };
  if (!after) return { type: 'task', action: 'remove', id, attributes };
  const [from, to] = [before ? observedState(before) : undefined, observedState(after)];
  if (from === to) return undefined;
  const action = !before && to === TaskState.new ? 'create' : String(to);
  return { type: 'task', action, id, attributes };
}

function lifeOf(
  type: EventType,
  before: { id: string } | undefined,
  after: { id: string } | undefined,
  attributes: Record<string, string>,
): Happening | undefined {
  if (!before && after) return { type, action: 'create', id: after.id, attributes };
  if (before && !after) return { type, action: 'remove', id: before.id, attributes };
  return undefined;
}

function difference(what: string, before: string, after: string): Record<string, string> {
  return before === after ? {} : { [`${what}.old`]: before, [`${what}.new`]: after };
}

function leads({ managerStatus }: Node): string {
  return managerStatus ? String(managerStatus.leader) : '';
}
