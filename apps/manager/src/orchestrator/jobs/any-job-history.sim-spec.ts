import fc from 'fast-check';
import {
  isActive,
  isOfIteration,
  isTerminal,
  NodeAvailability,
  NodeState,
  observedState,
  stateRank,
  TaskState,
  TRANSITIONS,
} from '#common/domain';
import { NodeSpec, NodeStatus, type Service, type Task } from '#common/proto';
import { aNode, aService } from '../../testing/builders';
import { endedByItself } from '../restart/decide-restart';
import { SimulatedCluster, type Outcome } from '../testing/simulated-cluster';

// Each run plays a whole history; those that matter most say how many they want.
fc.configureGlobal({ numRuns: 40 });

type Step =
  | { do: 'anew'; total: number; concurrent: number }
  | { do: 'nodeState'; node: number; state: NodeState }
  | { do: 'availability'; node: number; to: NodeAvailability }
  | { do: 'nodeLeaves'; node: number }
  | { do: 'agents'; pick: number; outcome: Outcome }
  | { do: 'unseen'; pick: number }
  | { do: 'wait'; ms: number };

const NODES = ['a', 'b', 'c'];
const node = fc.nat(NODES.length - 1);
const agents: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('agents' as const),
  pick: fc.nat(),
  outcome: fc.constantFrom<Outcome>('runs', 'fails', 'completes'),
});
const surroundings: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('nodeState' as const), node, state: fc.constantFrom(NodeState.ready, NodeState.down) }),
  fc.record({ do: fc.constant('availability' as const), node, to: fc.constantFrom(...Object.values(NodeAvailability)) }),
  fc.record({ do: fc.constant('nodeLeaves' as const), node }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(10_000) }),
  fc.record({ do: fc.constant('unseen' as const), pick: fc.nat() }),
);
const anew: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('anew' as const),
  total: fc.nat(6),
  concurrent: fc.integer({ min: 1, max: 3 }),
});
const anyStep = fc.oneof(
  { weight: 8, arbitrary: agents },
  { weight: 5, arbitrary: surroundings },
  { weight: 1, arbitrary: anew },
);
const histories = fc.array(anyStep, { maxLength: 80 });
const withoutUpdates = fc.array(fc.oneof({ weight: 2, arbitrary: agents }, surroundings), { maxLength: 80 });

const RESTART = { delay: 5_000_000_000 };

function aJob(total: number, concurrent: number, iteration = 0): Service {
  const mode = { replicatedJob: { totalCompletions: total, maxConcurrent: concurrent } };
  return ofMode(mode, iteration);
}

function ofMode(mode: object, iteration: number, restartPolicy: object = RESTART): Service {
  const taskTemplate = { containerSpec: { image: 'busybox:latest' }, restartPolicy };
  return aService({ iteration, version: iteration + 1, spec: { mode, taskTemplate } });
}

const newCluster = (service: Service): SimulatedCluster =>
  new SimulatedCluster(
    service,
    NODES.map((id) => aNode(id)),
  );
const iteration = (cluster: SimulatedCluster): number => cluster.service?.jobStatus?.jobIteration?.index ?? 0;
const sizeOf = (cluster: SimulatedCluster): { total: number; concurrent: number } => {
  const job = cluster.service?.spec?.mode?.replicatedJob;
  return { total: job?.totalCompletions ?? 0, concurrent: job?.maxConcurrent ?? 0 };
};

function perform(cluster: SimulatedCluster, step: Step): void {
  const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];
  switch (step.do) {
    case 'anew': {
      const { service } = cluster;
      const next = iteration(cluster) + 1;
      cluster.service = service?.spec?.mode?.globalJob
        ? ofMode({ globalJob: {} }, next)
        : aJob(step.total, step.concurrent, next);
      return;
    }
    case 'nodeState':
      return patchNode(cluster, step.node, { status: NodeStatus.fromPartial({ state: step.state }) });
    case 'availability':
      return patchNode(cluster, step.node, { spec: NodeSpec.fromPartial({ availability: step.to }) });
    case 'nodeLeaves':
      cluster.nodes = cluster.nodes.filter(({ id }) => id !== NODES[step.node]);
      return;
    case 'agents': {
      const task = pick(cluster.list(), step.pick);
      if (task) cluster.step(task, step.outcome);
      return;
    }
    case 'unseen': {
      // The container had ended well before the agent heard that it was to stop.
      const task = pick(
        cluster.list().filter((each) => observedState(each) === TaskState.running),
        step.pick,
      );
      if (task) cluster.observe(task, TaskState.complete);
      return;
    }
    case 'wait':
      cluster.now += step.ms;
  }
}

function patchNode(cluster: SimulatedCluster, index: number, patch: object): void {
  cluster.nodes = cluster.nodes.map((each) => (each.id === NODES[index] ? { ...each, ...patch } : each));
}

/** Lets everything happen that can: nodes come back, agents obey, containers end well, time passes. */
function settle(cluster: SimulatedCluster): void {
  cluster.nodes = NODES.map((id) => aNode(id));
  for (let round = 0; round < 80; round++) {
    cluster.reconcile();
    for (const task of cluster.list()) cluster.step(task, 'completes');
    cluster.now += 5_000;
  }
}

const underWay = (cluster: SimulatedCluster): Task[] =>
  cluster.list().filter((task) => isActive(task) && !isTerminal(observedState(task)));
const completedTasks = (cluster: SimulatedCluster): Task[] =>
  cluster.list().filter((task) => observedState(task) === TaskState.complete && isOfIteration(cluster.service as Service, task));
const completedSlots = (cluster: SimulatedCluster): number[] =>
  [...new Set(completedTasks(cluster).map((task) => task.slot))].sort();

describe('any history of a replicated job', () => {
  it('never has more tasks under way than may run at a time, and only one for a completion that is not reached', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const cluster = newCluster(aJob(5, 2));
        for (const step of steps) {
          perform(cluster, step);
          cluster.reconcile();
          const active = underWay(cluster);
          expect(active.length).toBeLessThanOrEqual(sizeOf(cluster).concurrent);
          expect(new Set(active.map((task) => task.slot)).size).toBe(active.length);
          expect(active.filter((task) => completedSlots(cluster).includes(task.slot))).toEqual([]);
        }
      }),
    );
  });

  it('never completes a slot that it does not have, and never forgets a completion', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const cluster = newCluster(aJob(5, 2));
        let known: number[] = [];
        for (const step of steps) {
          if (step.do === 'anew') known = [];
          perform(cluster, step);
          cluster.reconcile();
          const completed = completedSlots(cluster);
          expect(completed).toEqual(expect.arrayContaining(known));
          expect(completed.every((slot) => slot < sizeOf(cluster).total)).toBe(true);
          known = completed;
        }
      }),
    );
  });

  it('ends with exactly the completions that were asked for, nothing under way, and little history', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const cluster = newCluster(aJob(5, 2));
        for (const step of steps) {
          perform(cluster, step);
          cluster.reconcile();
        }
        settle(cluster);
        const { total } = sizeOf(cluster);
        expect(completedSlots(cluster)).toEqual(Array.from({ length: total }, (_, slot) => slot));
        expect(underWay(cluster)).toEqual([]);
        for (let slot = 0; slot < total; slot++) {
          // Five, and the completion where more than five attempts were stopped after it.
          expect(cluster.list().filter((task) => task.slot === slot).length).toBeLessThanOrEqual(6);
        }
        expect(cluster.list().filter((task) => task.slot >= total)).toEqual([]);
      }),
    );
  });

  it('once finished it stays so, whatever happens to nodes and history, until it is started anew', () => {
    fc.assert(
      fc.property(histories, withoutUpdates, (steps, later) => {
        const cluster = newCluster(aJob(5, 2));
        for (const step of steps) {
          perform(cluster, step);
          cluster.reconcile();
        }
        settle(cluster);
        for (const step of later) {
          perform(cluster, step);
          expect(cluster.reconcile().filter((change) => change.kind === 'createTask')).toEqual([]);
        }
      }),
    );
  });

  it('tries a slot exactly as often as its restart policy allows when all fail, and then leaves it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.nat(3), (picks, retries) => {
        const mode = { replicatedJob: { totalCompletions: 2, maxConcurrent: 2 } };
        const cluster = newCluster(ofMode(mode, 0, { ...RESTART, maxAttempts: retries + 1 }));
        const failures = new Map([0, 1].map((slot) => [slot, new Set<string>()]));
        const fail = (task: Task): void => {
          cluster.step(task, 'fails');
          for (const each of cluster.list()) if (endedByItself(each)) failures.get(each.slot)?.add(each.id);
          cluster.reconcile();
          cluster.now += 1_000;
        };
        cluster.reconcile();
        for (const pick of picks) fail(cluster.list()[pick % cluster.list().length] as Task);
        for (let round = 0; round < 40; round++) cluster.list().forEach(fail);
        expect([...failures.values()].map(({ size }) => size)).toEqual([retries + 2, retries + 2]);
      }),
    );
  });

  it('removed, it leaves nothing', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const cluster = newCluster(aJob(5, 2));
        for (const step of steps) {
          perform(cluster, step);
          cluster.reconcile();
        }
        cluster.service = undefined;
        settle(cluster);
        expect(cluster.list()).toEqual([]);
      }),
    );
  });
});

describe('any history of a global job', () => {
  it('never has two tasks under way on a node, and ends with one completion on each', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const cluster = newCluster(ofMode({ globalJob: {} }, 0));
        for (const step of steps) {
          perform(cluster, step);
          cluster.reconcile();
          const active = underWay(cluster);
          expect(new Set(active.map((task) => task.nodeId)).size).toBe(active.length);
        }
        settle(cluster);
        expect([...new Set(completedTasks(cluster).map((task) => task.nodeId))].sort()).toEqual(NODES);
        expect(underWay(cluster)).toEqual([]);
      }),
    );
  });

  it('does nothing more on nodes where it has completed', () => {
    fc.assert(
      fc.property(withoutUpdates, (later) => {
        const cluster = newCluster(ofMode({ globalJob: {} }, 0));
        settle(cluster);
        const stays = later.filter((step) => step.do !== 'nodeLeaves');
        for (const step of stays) {
          perform(cluster, step);
          expect(cluster.reconcile()).toEqual([]);
        }
      }),
    );
  });
});

describe.each([
  { mode: 'replicated job', service: aJob(5, 2) },
  { mode: 'global job', service: ofMode({ globalJob: {} }, 0) },
])('any history of a $mode', ({ service }) => {
  it('repeated at once on its own result, a decision changes nothing', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const cluster = newCluster(service);
        for (const step of steps) {
          perform(cluster, step);
          // What was just given up is reaped at the second look.
          cluster.reconcile();
          cluster.reconcile();
          expect(cluster.reconcile()).toEqual([]);
        }
      }),
    );
  });

  it('makes no transition that is not its own, and takes back no wish', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const cluster = newCluster(service);
        for (const step of steps) {
          perform(cluster, step);
          const before = new Map(cluster.tasks);
          cluster.reconcile();
          for (const id of new Set([...before.keys(), ...cluster.tasks.keys()])) {
            expectOwnTransition(cluster, before.get(id), cluster.tasks.get(id));
          }
        }
      }),
    );
  });
});

function expectOwnTransition(cluster: SimulatedCluster, before: Task | undefined, after: Task | undefined): void {
  if (before && after) expect(stateRank(after.desiredState)).toBeGreaterThanOrEqual(stateRank(before.desiredState));
  const [from, to] = [before ? observedState(before) : null, after ? observedState(after) : null];
  if (from === to) return;
  if (before && !after && !cluster.nodes.some(({ id }) => id === before.nodeId)) return;
  expect([...TRANSITIONS.scheduler, ...TRANSITIONS.reaper]).toContainEqual([from, to]);
}
