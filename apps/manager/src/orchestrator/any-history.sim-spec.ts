import fc from 'fast-check';
import { isActive, isTerminal, NodeAvailability, NodeState, observedState, TaskState } from '#common/domain';
import { NodeSpec, NodeStatus, type Task } from '#common/proto';

import { aNode, aService } from '../testing/builders';
import { SimulatedCluster } from './testing/simulated-cluster';
import { isPaused } from './update/decide-update-status';

// Each run plays a whole history; those that matter most say how many they want.
fc.configureGlobal({ numRuns: 40 });

type Step =
  | { do: 'scale'; to: number }
  | { do: 'update'; image: number }
  | { do: 'nodeState'; node: number; state: NodeState }
  | { do: 'availability'; node: number; to: NodeAvailability }
  | { do: 'agents'; pick: number; outcome: 'runs' | 'fails' }
  | { do: 'wait'; ms: number };

const NODES = ['a', 'b', 'c'];

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('scale' as const), to: fc.nat(6) }),
  fc.record({ do: fc.constant('update' as const), image: fc.nat(3) }),
  fc.record({ do: fc.constant('nodeState' as const), node: fc.nat(2), state: fc.constantFrom(NodeState.ready, NodeState.down) }),
  fc.record({
    do: fc.constant('availability' as const),
    node: fc.nat(2),
    to: fc.constantFrom(NodeAvailability.active, NodeAvailability.pause, NodeAvailability.drain),
  }),
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('agents' as const),
      pick: fc.nat(),
      outcome: fc.constantFrom('runs' as const, 'runs' as const, 'fails' as const),
    }),
  },
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(10_000) }),
);

function perform(cluster: SimulatedCluster, step: Step): void {
  switch (step.do) {
    case 'scale':
      return update(cluster, { replicas: step.to });
    case 'update':
      return update(cluster, { image: `busybox:${step.image}` });
    case 'nodeState':
      return patchNode(cluster, step.node, { status: NodeStatus.fromPartial({ state: step.state }) });
    case 'availability':
      return patchNode(cluster, step.node, { spec: NodeSpec.fromPartial({ availability: step.to }) });
    case 'agents': {
      const tasks = cluster.list();
      const task = tasks[step.pick % Math.max(1, tasks.length)];
      if (task) cluster.step(task, step.outcome);
      return;
    }
    case 'wait':
      cluster.now += step.ms;
  }
}

/** Gives the service a new spec, which has what it had before unless something else is wanted. */
function update(cluster: SimulatedCluster, wanted: { replicas?: number; image?: string } = {}): void {
  const { spec, version } = cluster.service ?? {};
  const replicas = wanted.replicas ?? spec?.mode?.replicated?.replicas ?? 0;
  const image = wanted.image ?? spec?.taskTemplate?.containerSpec?.image ?? 'busybox:0';
  cluster.service = aService({
    replicas,
    version: (version?.index ?? 0) + 1,
    spec: { taskTemplate: { containerSpec: { image } } },
  });
}

function patchNode(cluster: SimulatedCluster, index: number, patch: object): void {
  cluster.nodes = cluster.nodes.map((node, i) => (i === index ? { ...node, ...patch } : node));
}

/** Lets a history happen, with a decision after each step. */
function play(cluster: SimulatedCluster, steps: readonly Step[]): void {
  for (const step of steps) {
    perform(cluster, step);
    cluster.reconcile();
  }
}

/** Lets everything happen that can: agents obey, time passes, nodes come back, and whoever updates the service does not give up. */
function settle(cluster: SimulatedCluster): void {
  NODES.forEach((_, i) =>
    patchNode(cluster, i, { status: NodeStatus.fromPartial({ state: NodeState.ready }), spec: NodeSpec.fromPartial({}) }),
  );
  for (let round = 0; round < 60; round++) {
    cluster.reconcile();
    // A failure pauses an update, and the old tasks stay, until somebody updates the service again.
    if (cluster.service && isPaused(cluster.service)) update(cluster);
    for (const task of cluster.list()) cluster.step(task, 'runs');
    cluster.now += 5_000;
  }
}

const running = (tasks: Task[]): Task[] => tasks.filter((task) => observedState(task) === TaskState.running);
const isHeardOf = (cluster: SimulatedCluster, nodeId: string): boolean =>
  cluster.nodes.some((node) => node.id === nodeId && node.status?.state === NodeState.ready);
const newCluster = (): SimulatedCluster =>
  new SimulatedCluster(
    aService({ replicas: 3 }),
    NODES.map((id) => aNode(id)),
  );

describe('any history of a replicated service', () => {
  const histories = fc.array(step, { maxLength: 60 });

  it('never wants more active tasks than replicas, nor two in one slot', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const cluster = newCluster();
        for (const step of steps) {
          perform(cluster, step);
          cluster.reconcile();
          const active = cluster.list().filter(isActive);
          expect(active.length).toBeLessThanOrEqual(cluster.service?.spec?.mode?.replicated?.replicas ?? 0);
          expect(new Set(active.map((task) => task.slot)).size).toBe(active.length);
        }
      }),
    );
  });

  it('never runs two tasks of a slot side by side, on nodes that can be heard of', () => {
    const withoutReturns = fc.array(
      step.filter((each) => each.do !== 'wait' && !(each.do === 'nodeState' && each.state === NodeState.ready)),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(withoutReturns, (steps) => {
        const cluster = newCluster();
        for (const step of steps) {
          perform(cluster, step);
          cluster.reconcile();
          const heard = running(cluster.list()).filter((task) => isHeardOf(cluster, task.nodeId));
          expect(new Set(heard.map((task) => task.slot)).size).toBe(heard.length);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('removes nothing when it only grows', () => {
    fc.assert(
      fc.property(histories, fc.nat(4), (steps, more) => {
        const cluster = newCluster();
        play(cluster, steps);
        cluster.reconcile();
        const replicas = cluster.service?.spec?.mode?.replicated?.replicas ?? 0;
        perform(cluster, { do: 'scale', to: replicas + more });
        const removals = cluster
          .reconcile()
          .filter((change) => change.kind === 'setDesiredState' && change.to === TaskState.remove);
        expect(removals).toEqual([]);
      }),
    );
  });

  it.each([
    { order: 'stop-first', least: 3, most: 4 },
    { order: 'start-first', least: 4, most: 5 },
  ])(
    'an update in order $order of four tasks keeps at least $least running, and never wants more than $most',
    ({ order, least, most }) => {
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 200 }), (picks) => {
          const spec = (image: string): object => ({ taskTemplate: { containerSpec: { image } }, updateConfig: { order } });
          const cluster = new SimulatedCluster(
            aService({ replicas: 4, spec: spec('busybox:1') }),
            NODES.map((id) => aNode(id)),
          );
          settle(cluster);
          cluster.service = aService({ replicas: 4, version: 2, spec: spec('busybox:2') });
          for (const pick of picks) {
            cluster.reconcile();
            const tasks = cluster.list();
            cluster.step(tasks[pick % tasks.length] as Task, 'runs');
            expect(running(cluster.list()).length).toBeGreaterThanOrEqual(least);
            expect(cluster.list().filter(isActive).length).toBeLessThanOrEqual(most);
          }
          settle(cluster);
          expect(running(cluster.list()).map((task) => task.spec?.containerSpec?.image)).toEqual(Array(4).fill('busybox:2'));
        }),
      );
    },
  );

  it('an update leaves tasks spread over the nodes as evenly as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 100 }), (picks) => {
        const cluster = new SimulatedCluster(
          aService({ replicas: 12 }),
          NODES.map((id) => aNode(id)),
        );
        settle(cluster);
        cluster.service = aService({
          replicas: 12,
          version: 2,
          spec: { taskTemplate: { containerSpec: { image: 'busybox:2' } } },
        });
        for (const pick of picks) {
          cluster.reconcile();
          const tasks = cluster.list();
          cluster.step(tasks[pick % tasks.length] as Task, 'runs');
        }
        settle(cluster);
        for (const id of NODES) expect(running(cluster.list()).filter((task) => task.nodeId === id)).toHaveLength(4);
      }),
      { numRuns: 20 },
    );
  });

  it('repeated at once on its own result, a decision changes nothing', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const cluster = newCluster();
        for (const step of steps) {
          perform(cluster, step);
          // A slot may need a second look once its first change stands: reaping what was just given up, for one.
          cluster.reconcile();
          cluster.reconcile();
          expect(cluster.reconcile()).toEqual([]);
        }
      }),
    );
  });

  /** The second task of an update fails at once, with one slot still on the old spec. */
  const pausedUpdate: Step[] = [
    ...[0, 2, 2].map((pick): Step => ({ do: 'agents', pick, outcome: 'runs' })),
    { do: 'update', image: 0 },
    ...[4, 1, 4].map((pick): Step => ({ do: 'agents', pick, outcome: 'runs' })),
    { do: 'agents', pick: 4, outcome: 'fails' },
  ];

  it('ends with exactly the wanted tasks running, all of the newest spec, and little history', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const cluster = newCluster();
        play(cluster, steps);
        settle(cluster);
        const wanted = cluster.service?.spec?.mode?.replicated?.replicas ?? 0;
        const tasks = cluster.list();
        expect(running(tasks)).toHaveLength(wanted);
        const image = cluster.service?.spec?.taskTemplate?.containerSpec?.image;
        expect(running(tasks).every((task) => task.spec?.containerSpec?.image === image)).toBe(true);
        expect(tasks.filter((task) => isTerminal(observedState(task))).length).toBeLessThanOrEqual(wanted * 5);
      }),
      { examples: [[pausedUpdate]] },
    );
  });

  it('scaled to zero or removed, it leaves nothing', () => {
    fc.assert(
      fc.property(histories, fc.boolean(), (steps, isRemoved) => {
        const cluster = newCluster();
        play(cluster, steps);
        cluster.service = isRemoved ? undefined : aService({ replicas: 0, version: 99 });
        settle(cluster);
        expect(cluster.list()).toEqual([]);
      }),
    );
  });
});
