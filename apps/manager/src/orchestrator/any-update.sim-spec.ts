import fc from 'fast-check';
import { isActive, NodeAvailability, observedState, stateRank, TaskState } from '#common/domain';
import { NodeSpec, SpecChange_Kind, UpdateStatus_State, type Service } from '#common/proto';
import { aNode, aService } from '../testing/builders';
import type { Change } from './change';
import { SimulatedCluster } from './testing/simulated-cluster';

interface Case {
  replicas: number;
  parallelism: number;
  order: 'stop-first' | 'start-first';
  failureAction: 'pause' | 'continue' | 'rollback';
  maxFailureRatio: number;
  delaySeconds: number;
  /** Which of the new tasks fail, by turns. */
  failing: boolean[];
  /** What happens between two passes: an agent works (its number picks the task), time passes, or a node is drained. */
  steps: { agent: number; wait: number; drain: number | undefined }[];
}

const cases = fc.record<Case>({
  replicas: fc.integer({ min: 1, max: 6 }),
  parallelism: fc.integer({ min: 0, max: 3 }),
  order: fc.constantFrom('stop-first', 'start-first'),
  failureAction: fc.constantFrom('pause', 'continue', 'rollback'),
  maxFailureRatio: fc.constantFrom(0, 0.3, 1),
  delaySeconds: fc.constantFrom(0, 2),
  failing: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
  steps: fc.array(
    fc.record({
      agent: fc.nat(),
      wait: fc.integer({ min: 1, max: 3_000 }),
      drain: fc.option(fc.nat(2), { nil: undefined, freq: 20 }),
    }),
    { maxLength: 60 },
  ),
});

const NODES = ['a', 'b', 'c'];
const OLD = 'busybox:1';
const NEW = 'busybox:2';

function specOf(image: string, options: Case): NonNullable<Parameters<typeof aService>[0]>['spec'] {
  const { parallelism, order, failureAction, maxFailureRatio, delaySeconds } = options;
  const config = { parallelism, order, maxFailureRatio, delay: delaySeconds * 1e9, monitor: 5e9 };
  return {
    taskTemplate: { containerSpec: { image }, restartPolicy: { condition: 'any', delay: 1e9 } },
    updateConfig: { ...config, failureAction },
    rollbackConfig: config,
  };
}

/** A service whose old tasks all run, and whose spec has just been changed. */
function changedService(options: Case): SimulatedCluster {
  const before = aService({ replicas: options.replicas, version: 1, spec: specOf(OLD, options) });
  const cluster = new SimulatedCluster(
    before,
    NODES.map((id) => aNode(id)),
  );
  for (let round = 0; round < 4; round++) {
    cluster.reconcile();
    for (const task of cluster.list()) cluster.step(task, 'runs');
  }
  cluster.now += 60_000;
  const after: Service = aService({ replicas: options.replicas, version: 2, spec: specOf(NEW, options) });
  cluster.service = { ...after, previousSpec: before.spec, change: { kind: SpecChange_Kind.update, message: '' } };
  return cluster;
}

function letAgentWork(cluster: SimulatedCluster, pick: number, failing: readonly boolean[]): void {
  const tasks = cluster.list();
  const task = tasks[pick % Math.max(1, tasks.length)];
  if (!task) return;
  const isNew = task.spec?.containerSpec?.image === NEW;
  cluster.step(task, isNew && failing[(task.slot - 1) % failing.length] ? 'fails' : 'runs');
}

function play(cluster: SimulatedCluster, options: Case, check: (changes: Change[]) => void): void {
  cluster.reconcile();
  for (const { agent, wait, drain } of options.steps) {
    if (drain !== undefined) drainNode(cluster, drain);
    letAgentWork(cluster, agent, options.failing);
    cluster.now += wait;
    check(cluster.reconcile());
  }
}

/** Drains a node, unless it is the last one. */
function drainNode(cluster: SimulatedCluster, index: number): void {
  const drained = cluster.nodes.map((node, i) =>
    i === index ? { ...node, spec: NodeSpec.fromPartial({ availability: NodeAvailability.drain }) } : node,
  );
  if (drained.some(({ spec }) => spec?.availability !== NodeAvailability.drain)) cluster.nodes = drained;
}

const isServing = (task: ReturnType<SimulatedCluster['list']>[number]): boolean =>
  observedState(task) === TaskState.running && stateRank(task.desiredState) <= stateRank(TaskState.running);

describe('any update', () => {
  it('never has fewer tasks serving than its order and parallelism say, while none of them fails', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const options = { ...given, failing: [false] };
        const cluster = changedService(options);
        const gap = options.parallelism === 0 ? options.replicas : options.parallelism;
        const least = options.order === 'start-first' ? options.replicas : Math.max(0, options.replicas - gap);
        play(cluster, options, () => expect(cluster.list().filter(isServing).length).toBeGreaterThanOrEqual(least));
      }),
      { numRuns: 120 },
    );
  });

  it('never has more tasks wanted than the replicas, and with start-first those that are being replaced', () => {
    fc.assert(
      fc.property(cases, (options) => {
        const cluster = changedService(options);
        const surplus = options.order === 'start-first' ? options.parallelism || options.replicas : 0;
        // A task that fails is tried again beside the old one for as long as that stands in, whatever the parallelism.
        const most = options.replicas + (options.failing.some(Boolean) ? options.replicas : surplus);
        play(cluster, options, () => expect(cluster.list().filter(isActive).length).toBeLessThanOrEqual(most));
      }),
      { numRuns: 120 },
    );
  });

  it('comes to an end, whatever fails', () => {
    fc.assert(
      fc.property(cases, (options) => {
        const cluster = changedService(options);
        play(cluster, options, () => undefined);
        for (let round = 0; round < 120; round++) {
          for (let pick = 0; pick < cluster.tasks.size; pick++) letAgentWork(cluster, pick, options.failing);
          cluster.now += 2_000;
          cluster.reconcile();
        }
        const state = cluster.service?.updateStatus?.state;
        const fails = options.failing.some((each, index) => each && index < options.replicas);
        const ends = [UpdateStatus_State.completed, UpdateStatus_State.paused, UpdateStatus_State.rollback_completed];
        expect(fails ? ends : [UpdateStatus_State.completed]).toContain(state);
      }),
      { numRuns: 60 },
    );
  });

  it('decides nothing more on its own result', () => {
    fc.assert(
      fc.property(cases, (options) => {
        const cluster = changedService(options);
        play(cluster, options, (changes) => {
          // A rollback is another spec, with consequences of its own.
          if (changes.some(({ kind }) => kind === 'rollBack')) return;
          expect(cluster.reconcile().filter(({ kind }) => kind !== 'assignTask')).toEqual([]);
        });
      }),
      { numRuns: 120 },
    );
  });
});
