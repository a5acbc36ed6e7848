import { createLogger } from '#common/logging';
import { UpdateStatus, UpdateStatus_State, type Service } from '#common/proto';
import type { ClusterView, Guard, ViewChange, Write } from '#common/store';
import type { LeaderTerm } from '../leader/leader-term';
import { aNode, aService } from '../testing/builders';
import { ServiceReconciler } from './service.reconciler';

const logger = createLogger('test', 'silent');

/** A view of these services on one node, and a term that keeps what is committed. */
function aCluster(services: Service[]): { view: ClusterView; term: LeaderTerm; written: string[] } {
  const written: string[] = [];
  const byId = new Map(services.map((service) => [service.id, service]));
  const node = aNode('a');
  const view = {
    isUnreadable: () => false,
    rebalanceRequest: () => undefined,
    registryCredentials: () => undefined,
    cluster: () => undefined,
    service: (id: string) => byId.get(id),
    services: () => services,
    nodes: () => [node],
    node: () => node,
    tasks: () => [],
    tasksOfService: () => [],
    tasksOfNode: () => [],
  } as unknown as ClusterView;
  const commit = (_guards: Guard[], writes: Write[]): Promise<number> => {
    written.push(...writes.map(({ key }) => key));
    return Promise.resolve(1);
  };
  return { view, term: { number: 1, maxWrites: 127, commit } as unknown as LeaderTerm, written };
}

describe('a service that waits for a node', () => {
  const taskOf = (serviceId: string, endedOrGone: boolean): ViewChange => ({
    kind: 'task',
    id: 't',
    serviceId,
    nodeIds: ['a'],
    endedOrGone,
  });

  it.each([
    {
      name: 'when another service gets a task, if it has an affinity',
      constraint: 'service==db',
      endedOrGone: false,
      again: true,
    },
    {
      name: 'not when another service gets a task, otherwise',
      constraint: 'node.role==manager',
      endedOrGone: false,
      again: false,
    },
    { name: 'when any task has ended', constraint: 'node.role==manager', endedOrGone: true, again: true },
  ])('is looked at again: $name', async ({ constraint, endedOrGone, again }) => {
    const service = { ...aService({ spec: { taskTemplate: { placement: { constraints: [constraint] } } } }), id: 'waits' };
    const { view, term } = aCluster([service]);
    const reconciler = new ServiceReconciler(view, logger, { transactionWrites: () => undefined });
    await reconciler.reconcile(['service/waits'], term);
    const keys = [...reconciler.keysOf(taskOf('db-id', endedOrGone))];
    expect(keys.includes('service/waits')).toBe(again);
  });
});

describe('a task that has changed', () => {
  const updating = { ...aService({}), id: 'updates', updateStatus: UpdateStatus.create({ state: UpdateStatus_State.updating }) };
  const quiet = { ...aService({}), id: 'quiet' };

  it.each([
    { name: 'shares a pass while it gets on its way', serviceId: 'quiet', endedOrGone: false, waits: true },
    { name: 'is looked at once when it has ended', serviceId: 'quiet', endedOrGone: true, waits: false },
    { name: 'is looked at once while an update waits for it', serviceId: 'updates', endedOrGone: false, waits: false },
    { name: 'is looked at once when its service is gone', serviceId: 'removed', endedOrGone: false, waits: false },
  ])('$name', ({ serviceId, endedOrGone, waits }) => {
    const { view } = aCluster([updating, quiet]);
    const reconciler = new ServiceReconciler(view, logger, { transactionWrites: () => undefined });
    const waitMs = reconciler.mayWaitMs({ kind: 'task', id: 't', serviceId, nodeIds: ['a'], endedOrGone });
    expect(waitMs > 0).toBe(waits);
  });
});

describe('a batch of services', () => {
  it('is not held up by one that cannot be decided', async () => {
    const good = { ...aService({ replicas: 2 }), id: 'good' };
    const bad = { ...aService({ spec: { labels: { 'swarmctl.progress-deadline': 'soon' } } }), id: 'bad' };
    const { view, term, written } = aCluster([bad, good]);
    const reconciler = new ServiceReconciler(view, logger, { transactionWrites: () => undefined });
    const result = await reconciler.reconcile(['service/bad', 'service/good'], term);
    expect(result.failed).toEqual(['service/bad']);
    expect(written).toHaveLength(2);
  });
});

describe('a node that changes', () => {
  it.each([
    { mode: { global: {} }, concerned: true },
    { mode: { globalJob: {} }, concerned: true },
    { mode: { replicated: { replicas: 1 } }, concerned: false },
    { mode: { replicatedJob: { maxConcurrent: 1, totalCompletions: 1 } }, concerned: false },
  ])('concerns services that want a task on every node, though it has none yet: $mode', ({ mode, concerned }) => {
    const service = aService({ spec: { mode } });
    const { view } = aCluster([service]);
    const reconciler = new ServiceReconciler(view, logger, { transactionWrites: () => undefined });
    expect([...reconciler.keysOf({ kind: 'node', id: 'new' })]).toEqual(concerned ? [`service/${service.id}`] : []);
  });
});
