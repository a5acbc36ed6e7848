import fc from 'fast-check';
import { isActive, NodeAvailability, NodeState, SERVICE_OPTIONS } from '#common/domain';
import {
  NodeStatus,
  RebalanceRequest,
  SpecChange_Kind,
  UpdateStatus_State,
  type NodeSpec,
  type ServiceSpec,
} from '#common/proto';
import { aNode, aService } from '../testing/builders';
import { isTaskDirty } from './task-dirty';
import { isRunning } from './slots';
import type { Change } from './change';
import { SimulatedCluster } from './testing/simulated-cluster';

interface Kind {
  isGlobal: boolean;
  order: 'stop-first' | 'start-first';
  failureAction: 'pause' | 'continue' | 'rollback';
  parallelism: number;
  rebalances: boolean;
}

type Step =
  | { do: 'scale'; to: number }
  | { do: 'update'; image: number; constraint: string }
  | { do: 'label'; node: number; disk: string }
  | { do: 'rollback' | 'rebalance' }
  | { do: 'node'; node: number; state: NodeState; availability: NodeAvailability }
  | { do: 'agents'; pick: number; outcome: 'runs' | 'fails' }
  | { do: 'wait'; ms: number };

const kinds = fc.record<Kind>({
  isGlobal: fc.boolean(),
  order: fc.constantFrom('stop-first', 'start-first'),
  failureAction: fc.constantFrom('pause', 'continue', 'rollback'),
  parallelism: fc.integer({ min: 0, max: 2 }),
  rebalances: fc.boolean(),
});

const NODES = ['a', 'b', 'c'];

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('scale' as const), to: fc.nat(6) }),
    fc.record({
      do: fc.constant('update' as const),
      image: fc.nat(2),
      constraint: fc.constantFrom('', '', 'node.labels.disk==ssd'),
    }),
    fc.record({ do: fc.constant('label' as const), node: fc.nat(2), disk: fc.constantFrom('ssd', 'hdd') }),
    fc.record({ do: fc.constantFrom('rollback' as const, 'rebalance' as const) }),
    fc.record({
      do: fc.constant('node' as const),
      node: fc.nat(2),
      state: fc.constantFrom(NodeState.ready, NodeState.ready, NodeState.down),
      availability: fc.constantFrom(NodeAvailability.active, NodeAvailability.pause, NodeAvailability.drain),
    }),
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('agents' as const),
        pick: fc.nat(),
        outcome: fc.constantFrom('runs' as const, 'runs' as const, 'fails' as const),
      }),
    },
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(10_000) }),
  ),
  { maxLength: 60 },
);

function specOf(kind: Kind, image: number, replicas: number, constraint: string): Parameters<typeof ServiceSpec.fromPartial>[0] {
  const { order, failureAction, parallelism } = kind;
  const config = { order, parallelism, maxFailureRatio: 0, delay: 0, monitor: 5e9 };
  return {
    mode: kind.isGlobal ? { global: {} } : { replicated: { replicas } },
    labels: kind.rebalances ? { [SERVICE_OPTIONS.rebalance]: 'true' } : {},
    taskTemplate: {
      containerSpec: { image: `busybox:${image}` },
      restartPolicy: { condition: 'any', delay: 1e9 },
      placement: constraint ? { constraints: [constraint] } : undefined,
    },
    updateConfig: { ...config, failureAction },
    rollbackConfig: { ...config, failureAction: 'pause' },
  };
}

class Story {
  readonly cluster: SimulatedCluster;
  private image = 0;
  private replicas = 3;
  private constraint = '';

  constructor(private readonly kind: Kind) {
    const service = aService({ spec: specOf(kind, 0, 3, '') });
    this.cluster = new SimulatedCluster(
      service,
      NODES.map((id) => aNode(id, { labels: { disk: 'ssd' } })),
    );
  }

  perform(step: Step): void {
    const { cluster } = this;
    // Between two passes lies a transaction: no two of them make tasks at the same time.
    cluster.now += 1;
    switch (step.do) {
      case 'scale':
        this.replicas = step.to;
        return this.change(SpecChange_Kind.update);
      case 'update':
        this.image = step.image;
        this.constraint = step.constraint;
        return this.change(SpecChange_Kind.update);
      case 'rollback':
        if (cluster.service?.previousSpec) this.change(SpecChange_Kind.rollback);
        return;
      case 'rebalance': {
        const state = cluster.service?.updateStatus?.state;
        if (!this.kind.isGlobal && (!state || /completed/.test(state)))
          cluster.rebalance = RebalanceRequest.fromPartial({ requestedAt: 'now' });
        return;
      }
      case 'label':
        return this.patch(step.node, (node) => ({ spec: { ...(node.spec as NodeSpec), labels: { disk: step.disk } } }));
      case 'node':
        return this.patch(step.node, (node) => ({
          status: NodeStatus.fromPartial({ state: step.state }),
          spec: { ...(node.spec as NodeSpec), availability: step.availability },
        }));
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

  /** Everything is well again, and all that is started runs. */
  settle(): void {
    NODES.forEach((_, index) =>
      this.patch(index, (node) => ({
        status: NodeStatus.fromPartial({ state: NodeState.ready }),
        spec: { ...(node.spec as NodeSpec), labels: { disk: 'ssd' }, availability: NodeAvailability.active },
      })),
    );
    for (let round = 0; round < 80; round++) {
      this.cluster.reconcile();
      for (const task of this.cluster.list()) this.cluster.step(task, 'runs');
      this.cluster.now += 5_000;
    }
  }

  private change(kind: SpecChange_Kind): void {
    const before = this.cluster.service;
    if (!before) return;
    const version = (before.version?.index ?? 0) + 1;
    const spec =
      kind === SpecChange_Kind.rollback
        ? before.previousSpec
        : aService({ spec: specOf(this.kind, this.image, this.replicas, this.constraint) }).spec;
    this.cluster.service = {
      ...before,
      version: { index: version },
      spec,
      previousSpec: before.spec,
      change: { kind, message: '' },
    };
  }

  private patch(index: number, patch: (node: SimulatedCluster['nodes'][number]) => object): void {
    this.cluster.nodes = this.cluster.nodes.map((node, i) => (i === index ? { ...node, ...patch(node) } : node));
  }
}

const PAUSED = new Set<unknown>([UpdateStatus_State.paused, UpdateStatus_State.rollback_paused]);
const GOING = new Set<unknown>([UpdateStatus_State.updating, UpdateStatus_State.rollback_started]);

/** A second pass may still give away the room that the first has freed, forget what that removed, and call an update completed. */
const ABOUT_TASKS: ReadonlySet<Change['kind']> = new Set<Change['kind']>(['createTask', 'setDesiredState', 'rollBack']);

const START_FIRST: Kind = { isGlobal: false, order: 'start-first', failureAction: 'pause', parallelism: 0, rebalances: false };

/** One slot's new task is lost with its node while its old one goes on. */
const NODE_LOST_DURING_UPDATE: Step[] = [
  { do: 'node', node: 0, state: NodeState.ready, availability: NodeAvailability.active },
  { do: 'scale', to: 2 },
  { do: 'agents', pick: 0, outcome: 'runs' },
  { do: 'agents', pick: 0, outcome: 'runs' },
  { do: 'update', image: 1, constraint: '' },
  { do: 'node', node: 2, state: NodeState.down, availability: NodeAvailability.active },
];

const GLOBAL: Kind = { isGlobal: true, order: 'stop-first', failureAction: 'pause', parallelism: 0, rebalances: false };

/** A node loses its task to a constraint, and gets one again when that is taken back. */
const NODE_UNFIT_AND_FIT_AGAIN: Step[] = [
  { do: 'label', node: 0, disk: 'hdd' },
  { do: 'update', image: 0, constraint: 'node.labels.disk==ssd' },
  { do: 'agents', pick: 0, outcome: 'runs' },
  { do: 'rollback' },
];

describe('any service, whatever is done to it and its nodes', () => {
  it('comes to rest when all is well again', () => {
    fc.assert(
      fc.property(kinds, steps, (kind, all) => {
        const story = new Story(kind);
        for (const step of all) {
          story.perform(step);
          story.cluster.reconcile();
        }
        story.settle();
        const { cluster } = story;
        const service = cluster.service;
        if (!service) return;
        const state = service.updateStatus?.state;
        expect(GOING.has(state)).toBe(false);
        const active = cluster.list().filter(isActive);
        const wanted = kind.isGlobal ? NODES.length : (service.spec?.mode?.replicated?.replicas ?? 0);
        expect(active.length).toBe(wanted);
        expect(active.filter(isRunning).length).toBe(wanted);
        const nodeOf = (id: string): (typeof cluster.nodes)[number] | undefined => cluster.nodes.find((node) => node.id === id);
        if (!PAUSED.has(state)) {
          expect(active.filter((task) => isTaskDirty(service, task, nodeOf(task.nodeId))).length).toBe(0);
          expect(cluster.rebalance).toBeUndefined();
        }
        expect(cluster.reconcile()).toEqual([]);
        if (kind.rebalances && !kind.isGlobal && !PAUSED.has(state)) {
          const counts = NODES.map((id) => active.filter(({ nodeId }) => nodeId === id).length);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('decides nothing more about tasks on its own result', () => {
    fc.assert(
      fc.property(kinds, steps, (kind, all) => {
        const story = new Story(kind);
        for (const step of all) {
          story.perform(step);
          const changes = story.cluster.reconcile();
          // A rollback is another spec, and tasks are spread once the slots are as many as they should be.
          if (story.cluster.rebalance || kind.rebalances || changes.some((change) => change.kind === 'rollBack')) continue;
          expect(story.cluster.reconcile().filter(({ kind: what }) => ABOUT_TASKS.has(what))).toEqual([]);
        }
      }),
      {
        numRuns: 60,
        examples: [
          [START_FIRST, NODE_LOST_DURING_UPDATE],
          [GLOBAL, NODE_UNFIT_AND_FIT_AGAIN],
        ],
      },
    );
  });
});
