import { NetworkChanges } from '#common/dispatcher-proto';
import { applyNetworkChanges, NO_NETWORKS } from './network-state';

describe('what an agent knows of overlay networks', () => {
  const first = applyNetworkChanges(
    NO_NETWORKS,
    NetworkChanges.fromPartial({
      complete: true,
      networks: [{ id: 'back' }],
      nodes: [{ id: 'n1' }, { id: 'n2' }],
      endpoints: [{ taskId: 't1', serving: false }],
      controlPlane: { addresses: ['10.0.0.1:2378'] },
    }),
  );

  it('changes by what a message names, and keeps the rest', () => {
    const changes = { endpoints: [{ taskId: 't1', serving: true }], removedNodes: ['n2'] };
    const next = applyNetworkChanges(first, NetworkChanges.fromPartial(changes));
    expect(next.endpoints.get('t1')?.serving).toBe(true);
    expect([...next.nodes.keys()]).toEqual(['n1']);
    expect(next.networks).toBe(first.networks);
    expect(next.controlPlane.addresses).toEqual(['10.0.0.1:2378']);
    expect(first.endpoints.get('t1')?.serving).toBe(false);
  });

  it('is nothing but what a complete message says', () => {
    const next = applyNetworkChanges(first, NetworkChanges.fromPartial({ complete: true, nodes: [{ id: 'n3' }] }));
    expect([...next.nodes.keys()]).toEqual(['n3']);
    expect({ networks: next.networks.size, endpoints: next.endpoints.size, controlPlane: next.controlPlane.addresses }).toEqual({
      networks: 0,
      endpoints: 0,
      controlPlane: [],
    });
  });
});
