import { TaskState } from '#common/domain';
import { SpecChange_Kind, UpdateStatus_State, type Service, type Task, type TaskStatus, type UpdateStatus } from '#common/proto';
import { aService, aSnapshot, aTask, countingIds, NOW, type TaskOptions } from '../../testing/builders';
import type { Plan } from '../change';
import { decideService } from '../decide-service';

const { running, starting, failed, pending, complete, shutdown } = TaskState;
const SECOND = 1_000;
const NANOS = 1e9;
const at = (msAgo: number): string => new Date(NOW - msAgo).toISOString();

const before = aService({ replicas: 4, version: 1 });

interface UpdateOptions {
  config?: object;
  kind?: SpecChange_Kind;
  state?: UpdateStatus_State;
  labels?: Record<string, string>;
  previous?: boolean;
}

/** A service in its second version, whose update began twenty minutes ago with four outdated slots. */
function updated({
  config = {},
  kind = SpecChange_Kind.update,
  state,
  labels = {},
  previous = true,
}: UpdateOptions = {}): Service {
  const isRollback = kind === SpecChange_Kind.rollback;
  const spec = {
    taskTemplate: { containerSpec: { image: 'busybox:2' } },
    labels,
    ...(isRollback ? { rollbackConfig: config } : { updateConfig: config }),
  };
  const begun = isRollback ? UpdateStatus_State.rollback_started : UpdateStatus_State.updating;
  return {
    ...aService({ replicas: 4, version: 2, spec }),
    previousSpec: previous ? before.spec : undefined,
    change: { kind, message: '' },
    updateStatus: {
      state: state ?? begun,
      startedAt: at(1200 * SECOND),
      completedAt: '',
      message: '',
      serviceVersion: 2,
      slots: 4,
    },
  };
}

/** A task of the new version. @param ran milliseconds for which it was seen running */
function fresh(service: Service, options: TaskOptions & { ran?: number; endedMsAgo?: number } = {}): Task {
  const { ran, endedMsAgo = 0, createdMsAgo = 20 * SECOND } = options;
  const task = aTask({ service, createdMsAgo, ...options });
  const runningAt = ran === undefined ? undefined : at(ran + endedMsAgo);
  return { ...task, status: { ...(task.status as TaskStatus), appliedAt: at(endedMsAgo), runningAt } };
}

const sound = (service: Service, slot: number): Task => fresh(service, { slot, id: `new${slot}`, ran: 60 * SECOND });
const old = (slot: number): Task => aTask({ id: `old${slot}`, slot, service: before });
const decide = (service: Service, tasks: Task[]): Plan =>
  decideService(aSnapshot(service, tasks), { now: NOW, newId: countingIds() });
const statusOf = (plan: Plan): UpdateStatus | undefined =>
  plan.changes.flatMap((change) => (change.kind === 'setUpdateStatus' ? [change.status] : []))[0];
const stopped = (plan: Plan): string[] =>
  plan.changes.flatMap((change) => (change.kind === 'setDesiredState' && change.to === shutdown ? [change.task.id] : []));
const rollBack = (plan: Plan): string | undefined =>
  plan.changes.flatMap((change) => (change.kind === 'rollBack' ? [change.message] : []))[0];

describe('the delay between two tasks of an update', () => {
  it.each([
    { name: 'holds the next one back while it lasts', ran: 3, goesOn: false },
    { name: 'lets it go when it is over', ran: 11, goesOn: true },
  ])('$name', ({ ran, goesOn }) => {
    const service = updated({ config: { parallelism: 1, delay: 10 * NANOS } });
    const plan = decide(service, [fresh(service, { slot: 1, ran: ran * SECOND }), old(2), old(3), old(4)]);
    expect(stopped(plan)).toEqual(goesOn ? ['old2'] : []);
    if (!goesOn) expect(plan.requeueAfterMs).toBeLessThanOrEqual(7 * SECOND);
  });

  it('counts for each of the tasks that are replaced side by side', () => {
    const service = updated({ config: { parallelism: 2, delay: 10 * NANOS } });
    const plan = decide(service, [fresh(service, { slot: 1, ran: 3 * SECOND }), sound(service, 2), old(3), old(4)]);
    expect(stopped(plan)).toEqual(['old3']);
  });
});

describe('an update whose tasks all run', () => {
  it.each([
    { name: 'goes on until the last one has been monitored', ran: 4, state: undefined },
    { name: 'is completed then', ran: 6, state: UpdateStatus_State.completed },
  ])('$name', ({ ran, state }) => {
    const service = updated({ config: { monitor: 5 * NANOS } });
    const plan = decide(
      service,
      [1, 2, 3].map((slot) => sound(service, slot)).concat(fresh(service, { slot: 4, ran: ran * SECOND })),
    );
    expect(statusOf(plan)?.state).toBe(state);
    if (!state) expect(plan.requeueAfterMs).toBeLessThanOrEqual(1 * SECOND);
  });

  it('says that a rollback is completed when it was one', () => {
    const service = updated({ kind: SpecChange_Kind.rollback });
    const plan = decide(
      service,
      [1, 2, 3, 4].map((slot) => sound(service, slot)),
    );
    expect(statusOf(plan)).toMatchObject({ state: UpdateStatus_State.rollback_completed, message: 'rollback completed' });
  });
});

describe('a task of the update that ends', () => {
  const ended = (service: Service, ran: number | undefined, state = failed): Task[] => [
    fresh(service, { id: 'new1', slot: 1, state, desired: running, ran, endedMsAgo: 1 * SECOND }),
    old(2),
    old(3),
    old(4),
  ];

  it.each([
    { name: 'before it ran', ran: undefined, state: failed, pauses: true },
    { name: 'within the monitor', ran: 2, state: failed, pauses: true },
    { name: 'within the monitor, with success', ran: 2, state: complete, pauses: true },
    { name: 'after the monitor', ran: 8, state: failed, pauses: false },
  ])('$name: the update is paused: $pauses', ({ ran, state, pauses }) => {
    const service = updated({ config: { monitor: 5 * NANOS } });
    const status = statusOf(decide(service, ended(service, ran && ran * SECOND, state)));
    expect(status?.state).toBe(pauses ? UpdateStatus_State.paused : undefined);
    if (pauses) expect(status?.message).toBe('update paused due to failure or early termination of task new1');
  });

  it('is forgiven up to the failure ratio', () => {
    const service = updated({ config: { maxFailureRatio: 0.25 } });
    expect(statusOf(decide(service, ended(service, undefined)))).toBeUndefined();
    const stricter = updated({ config: { maxFailureRatio: 0.2 } });
    expect(statusOf(decide(stricter, ended(stricter, undefined)))?.state).toBe(UpdateStatus_State.paused);
  });

  it('does not hold up an update that is to continue, which is completed when all has been tried', () => {
    const service = updated({ config: { failureAction: 'continue' } });
    expect(stopped(decide(service, ended(service, undefined)))).toEqual(['new1', 'old2']);
    const parked = fresh(service, { id: 'next1', slot: 1, state: starting, createdMsAgo: 100 });
    const tried = fresh(service, { id: 'new1', slot: 1, state: failed, desired: shutdown });
    const plan = decide(service, [tried, parked, ...[2, 3, 4].map((slot) => sound(service, slot))]);
    expect(statusOf(plan)?.state).toBe(UpdateStatus_State.completed);
  });

  it("makes the service roll back where that is asked for, in Docker's words", () => {
    const service = updated({ config: { failureAction: 'rollback' } });
    const plan = decide(service, ended(service, undefined));
    expect(rollBack(plan)).toBe('update rolled back due to failure or early termination of task new1');
    expect(statusOf(plan)).toBeUndefined();
  });

  it('pauses where there is no previous spec to go back to, and says so', () => {
    const service = updated({ config: { failureAction: 'rollback' }, previous: false });
    const status = statusOf(decide(service, ended(service, undefined)));
    expect(status?.state).toBe(UpdateStatus_State.paused);
    expect(status?.message).toContain('there is no previous spec to go back to');
  });

  it('pauses a rollback, which is never rolled back itself', () => {
    const service = updated({ kind: SpecChange_Kind.rollback, config: { failureAction: 'pause' } });
    const status = statusOf(decide(service, ended(service, undefined)));
    expect(status).toMatchObject({
      state: UpdateStatus_State.rollback_paused,
      message: 'rollback paused due to failure or early termination of task new1',
    });
  });
});

describe('the progress deadline', () => {
  it.each<{ name: string; labels: Record<string, string>; age: number; misses: boolean }>([
    { name: 'ten minutes unless told', labels: {}, age: 601, misses: true },
    { name: 'not reached', labels: {}, age: 599, misses: false },
    { name: 'of the service', labels: { 'swarmctl.progress-deadline': '1m' }, age: 61, misses: true },
  ])('$name: a task that has not run for $age s ends the update: $misses', ({ labels, age, misses }) => {
    const service = updated({ labels });
    const waiting = fresh(service, { id: 'new1', slot: 1, nodeId: '', state: pending, createdMsAgo: age * SECOND });
    waiting.status = { ...(waiting.status as TaskStatus), err: 'no suitable node (insufficient resources on 3 nodes)' };
    const status = statusOf(decide(service, [waiting, old(2), old(3), old(4)]));
    expect(status?.state).toBe(misses ? UpdateStatus_State.paused : undefined);
    if (misses) expect(status?.message).toContain('no suitable node (insufficient resources on 3 nodes)');
  });

  it('is looked at again when it is due', () => {
    const service = updated();
    const waiting = fresh(service, { slot: 1, nodeId: '', state: pending, createdMsAgo: 590 * SECOND });
    expect(decide(service, [waiting, old(2), old(3), old(4)]).requeueAfterMs).toBeLessThanOrEqual(10 * SECOND);
  });

  it('counts from the beginning of the update for a task that is older', () => {
    const service = updated();
    service.updateStatus = { ...(service.updateStatus as UpdateStatus), startedAt: at(10 * SECOND) };
    const waiting = aTask({ slot: 1, nodeId: '', state: pending, createdMsAgo: 3600 * SECOND, service });
    expect(statusOf(decide(service, [waiting, old(2), old(3), old(4)]))).toBeUndefined();
  });

  it('is waited for anew by a leader that has heard nothing for an hour', () => {
    const service = updated();
    const waiting = fresh(service, { slot: 1, state: starting, createdMsAgo: 3600 * SECOND });
    const snapshot = aSnapshot(service, [waiting, old(2), old(3), old(4)]);
    const decideSince = (watchedSince: number): Plan => decideService(snapshot, { now: NOW, watchedSince, newId: countingIds() });
    expect(statusOf(decideSince(NOW - 5 * SECOND))).toBeUndefined();
    expect(statusOf(decideSince(NOW - 601 * SECOND))?.state).toBe(UpdateStatus_State.paused);
  });
});

describe('a slot that has never had room', () => {
  it('does not keep the others from being replaced, which may make the room', () => {
    const service = updated();
    const waiting = fresh(service, { slot: 1, nodeId: '', state: pending, createdMsAgo: 10 * SECOND });
    expect(stopped(decide(service, [waiting, old(2), old(3), old(4)]))).toEqual(['old2']);
  });

  it('does when the update has taken down what ran there', () => {
    const service = updated();
    const waiting = fresh(service, { slot: 1, nodeId: '', state: pending, createdMsAgo: 10 * SECOND });
    const before1 = { ...old(1), desiredState: shutdown, status: { ...(old(1).status as TaskStatus), state: shutdown } };
    expect(stopped(decide(service, [waiting, before1, old(2), old(3), old(4)]))).toEqual([]);
  });
});

describe('an update that is over', () => {
  it('does not keep a task of an older version in place because one of its own fails later', () => {
    const service = updated({ state: UpdateStatus_State.completed });
    const late = fresh(service, { id: 'late', slot: 1, state: failed, desired: shutdown, ran: 1 * SECOND });
    const tasks = [late, fresh(service, { slot: 1, ran: 60 * SECOND, createdMsAgo: 10 }), sound(service, 2), sound(service, 3)];
    expect(stopped(decide(service, [...tasks, old(4)]))).toEqual(['old4']);
  });
});

describe('an update that begins late', () => {
  it.each([
    { endedMsAgo: 86_400 * SECOND, state: undefined },
    { endedMsAgo: 1 * SECOND, state: UpdateStatus_State.paused },
  ])('does not count what failed the day before ($endedMsAgo ms ago: $state)', ({ endedMsAgo, state }) => {
    const service = updated();
    const broke = fresh(service, { id: 'b', slot: 1, state: failed, desired: shutdown, endedMsAgo, createdMsAgo: endedMsAgo });
    const tasks = [broke, fresh(service, { slot: 1, ran: 60 * SECOND, createdMsAgo: 10 }), old(2), old(3), old(4)];
    expect(statusOf(decide(service, tasks))?.state).toBe(state);
  });
});

describe('a paused update', () => {
  it('replaces nothing more', () => {
    const service = updated({ state: UpdateStatus_State.paused });
    const plan = decide(service, [sound(service, 1), old(2), old(3), old(4)]);
    expect([stopped(plan), statusOf(plan)]).toEqual([[], undefined]);
  });
});

describe('a rollback', () => {
  it('begins with the words of what asked for it, also where no task is different', () => {
    const message = 'manually requested rollback';
    const service = { ...updated({ kind: SpecChange_Kind.rollback }), updateStatus: undefined };
    service.change = { kind: SpecChange_Kind.rollback, message };
    const plan = decide(
      service,
      [1, 2, 3, 4].map((slot) => sound(service, slot)),
    );
    expect(statusOf(plan)).toMatchObject({ state: UpdateStatus_State.rollback_started, message });
  });

  it('keeps the old tasks that still run, and stops those that should have followed them', () => {
    const service = updated({ kind: SpecChange_Kind.rollback });
    const back = { ...service, version: { index: 3 } };
    const survivor = { ...aTask({ id: 'survivor', slot: 1, service }), spec: service.spec?.taskTemplate };
    const failing = aTask({ id: 'failing', slot: 1, state: starting, service: before, createdMsAgo: 100 });
    const rest = [2, 3, 4].map((slot) => sound(service, slot));
    const plan = decide({ ...back, updateStatus: undefined }, [survivor, failing, ...rest]);
    expect(stopped(plan)).toEqual(['failing']);
    expect(plan.changes.filter(({ kind }) => kind === 'createTask')).toEqual([]);
  });

  it('keeps the old one also where the one that follows it runs already', () => {
    const service = updated({ kind: SpecChange_Kind.rollback });
    const survivor = { ...aTask({ id: 'survivor', slot: 1, service: before }), spec: service.spec?.taskTemplate };
    const follower = aTask({ id: 'follower', slot: 1, service: before, createdMsAgo: 100 });
    const rest = [2, 3, 4].map((slot) => sound(service, slot));
    const plan = decide(service, [survivor, follower, ...rest]);
    expect(stopped(plan)).toEqual(['follower']);
    expect(plan.changes.filter(({ kind }) => kind === 'createTask')).toEqual([]);
  });
});
