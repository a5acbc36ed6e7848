import { DomainError } from '#common/errors';
import { ServiceSpec, type Service } from '#common/proto';
import { isSameButReplicas, type Write } from '#common/store';
import type { ApiStore } from '../ports';
import { expectedTasks } from '../service-mode';
import { roomRefusal, taskBytesOf, type RoomDemand } from '../validate/store-room';

/**
 * Takes room in etcd for what is about to be written.
 * @throws DomainError RESOURCE_EXHAUSTED with the numbers, before etcd itself has to refuse it
 */
export function requireRoom(store: Pick<ApiStore, 'space'>, demand: RoomDemand): void {
  const refusal = roomRefusal(store.space.usage(), demand);
  if (refusal !== undefined) throw new DomainError('RESOURCE_EXHAUSTED', refusal);
  promise(store, demand);
}

/** As requireRoom, of a service that is made or changed: its own record, and every task with its copy of the spec. */
export function requireRoomForService(
  store: Pick<ApiStore, 'space' | 'view'>,
  spec: ServiceSpec,
  { before, writes }: { before: Service | undefined; writes: readonly Write[] },
): void {
  const nodes = store.view.nodes().length;
  const tasks = expectedTasks(spec.mode, nodes);
  const tasksBefore = before ? expectedTasks(before.spec?.mode, nodes) : 0;
  const bytes = bytesOf(writes);
  // A task that is replaced is written once more itself, to be stopped. The spec is no larger than the record that holds it.
  const most = { what: `service ${spec.name}`, bytes, tasks: tasks + tasksBefore, specBytes: bytes };
  // Nearly always that fits: then nothing need be measured or compared.
  if (roomRefusal(store.space.usage(), most) === undefined) return promise(store, most);
  const isScaled = before !== undefined && isSameButReplicas(before.spec, spec);
  // What lowers the number of tasks is let through as long as etcd takes it.
  if (isScaled && tasks <= tasksBefore) return;
  const written = isScaled ? tasks - tasksBefore : tasks + tasksBefore;
  requireRoom(store, { ...most, tasks: written, specBytes: ServiceSpec.encode(spec).finish().length });
}

function promise({ space }: Pick<ApiStore, 'space'>, demand: RoomDemand): void {
  space.promise({ bytes: demand.bytes, taskBytes: taskBytesOf(demand) });
}

/** Bytes of the values that are written. */
export function bytesOf(writes: readonly Write[]): number {
  return writes.reduce((sum, write) => sum + (write.kind === 'put' ? write.value.length : 0), 0);
}
