import { createLogger } from '#common/logging';
import type { Service } from '#common/proto';
import type { ClusterView, Guard, Write } from '#common/store';
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
    rebalanceRequest: () => undefined,
    registryCredentials: () => undefined,
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

describe('a batch of services', () => {
  it('is not held up by one that cannot be decided', async () => {
    const good = { ...aService({ replicas: 2 }), id: 'good' };
    const bad = { ...aService({ spec: { taskTemplate: { placement: { constraints: ['nonsense'] } } } }), id: 'bad' };
    const { view, term, written } = aCluster([bad, good]);
    const reconciler = new ServiceReconciler(view, logger, { transactionWrites: () => undefined });
    const result = await reconciler.reconcile(['service/bad', 'service/good'], term);
    expect(result.failed).toEqual(['service/bad']);
    expect(written).toHaveLength(2);
  });
});
