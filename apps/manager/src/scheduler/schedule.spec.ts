import fc from 'fast-check';
import { NodeAvailability, NodeState, TaskState } from '#common/domain';
import type { Task } from '#common/proto';
import { aNode, aService, aTask, type ServiceOptions } from '../testing/builders';
import { toNodeInfo, withTask, type NodeInfo } from './node-info';
import { anInfo, placing } from './testing/placing';

function unplaced(count: number, spec: ServiceOptions['spec'] = {}): Task[] {
  const service = aService({ replicas: count, spec });
  return Array.from({ length: count }, (_, i) => aTask({ id: `t${i}`, slot: i + 1, nodeId: '', state: TaskState.new, service }));
}

function perNode(tasks: Task[], nodes: NodeInfo[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { nodeId } of placing(tasks, nodes).placed) counts[nodeId] = (counts[nodeId] ?? 0) + 1;
  return counts;
}

const reserving = (nanoCpus: number, memoryBytes = 0): ServiceOptions['spec'] => ({
  taskTemplate: { resources: { reservations: { nanoCpus, memoryBytes } } },
});

describe('placing tasks', () => {
  it('spreads them evenly', () => {
    expect(perNode(unplaced(6), [anInfo('a'), anInfo('b'), anInfo('c')])).toEqual({ a: 2, b: 2, c: 2 });
  });

  it('evens out what is there already, by service before total', () => {
    const other = aService({ spec: { name: 'other' } });
    const busy = [1, 2, 3].map((slot) => ({ ...aTask({ slot, nodeId: 'b', service: other }), serviceId: 'other' }));
    const own = aTask({ nodeId: 'a' });
    expect(perNode(unplaced(1), [anInfo('a', {}, [own]), anInfo('b', {}, busy)])).toEqual({ b: 1 });
  });

  it.each([
    { name: 'down', node: { state: NodeState.down } },
    { name: 'paused', node: { availability: NodeAvailability.pause } },
    { name: 'drained', node: { availability: NodeAvailability.drain } },
  ])('gives nothing to a node that is $name', ({ node }) => {
    expect(perNode(unplaced(2), [anInfo('a', node), anInfo('b')])).toEqual({ b: 2 });
  });

  it('respects reservations, counting tasks that still stop', () => {
    const holder = aTask({ nodeId: 'a', desired: TaskState.shutdown, service: aService({ spec: reserving(1.5e9) }) });
    const result = placing(unplaced(2, reserving(1e9)), [
      anInfo('a', { nanoCpus: 2e9 }, [holder]),
      anInfo('b', { nanoCpus: 1e9 }),
    ]);
    expect(result.placed.map(({ nodeId }) => nodeId)).toEqual(['b']);
    expect(result.unplaced.map(({ reason }) => reason)).toEqual(['no suitable node (insufficient resources on 2 nodes)']);
  });

  it.each([
    { constraint: 'node.hostname==b', nodes: ['b'] },
    { constraint: 'node.hostname!=b', nodes: ['a'] },
    { constraint: 'node.labels.disk==SSD', nodes: ['a'] },
    { constraint: 'node.labels.disk != ssd', nodes: ['b'] },
    { constraint: 'node.role==manager', nodes: [] },
    { constraint: 'node.nonsense==x', nodes: [] },
  ])('obeys the constraint $constraint', ({ constraint, nodes }) => {
    const tasks = unplaced(1, { taskTemplate: { placement: { constraints: [constraint] } } });
    const all = [anInfo('a', { labels: { disk: 'ssd' } }), anInfo('b', { labels: { disk: 'hdd' } })];
    expect(Object.keys(perNode(tasks, all))).toEqual(nodes);
  });

  it('puts at most the allowed number of replicas on a node', () => {
    const result = placing(unplaced(3, { taskTemplate: { placement: { maxReplicas: 1 } } }), [anInfo('a'), anInfo('b')]);
    expect(result.placed).toHaveLength(2);
    expect(result.unplaced[0]?.reason).toBe('no suitable node (max replicas per node limit exceed)');
  });

  it('never gives one host port to two tasks of a node', () => {
    const ports = { endpointSpec: { ports: [{ targetPort: 80, publishedPort: 8080, protocol: 'tcp', publishMode: 'host' }] } };
    const result = placing(unplaced(3, ports), [anInfo('a'), anInfo('b')]);
    expect(result.placed.map(({ nodeId }) => nodeId).sort()).toEqual(['a', 'b']);
    expect(result.unplaced[0]?.reason).toBe('no suitable node (host-mode port already in use on 2 nodes)');
  });

  it.each([
    { wanted: { architecture: 'amd64', os: 'linux' }, fits: true },
    { wanted: { architecture: 'x86_64', os: 'linux' }, fits: true },
    { wanted: { architecture: '', os: 'linux' }, fits: true },
    { wanted: { architecture: 'arm64', os: 'linux' }, fits: false },
    { wanted: { architecture: 'amd64', os: 'windows' }, fits: false },
  ])('on an x86_64 node runs an image for $wanted.os/$wanted.architecture: $fits', ({ wanted, fits }) => {
    const tasks = unplaced(1, { taskTemplate: { placement: { platforms: [wanted] } } });
    expect(placing(tasks, [anInfo('a')]).placed).toHaveLength(fits ? 1 : 0);
  });

  it.each([
    {
      needs: 'a volume driver',
      template: { containerSpec: { mounts: [{ type: 'volume', volumeOptions: { driverConfig: { name: 'nfs' } } }] } },
    },
    { needs: 'a log driver', template: { logDriver: { name: 'loki' } } },
  ])('that need $needs goes only where it is', ({ template }) => {
    const plugins = [
      { type: 'Volume', name: 'nfs:latest' },
      { type: 'Log', name: 'loki' },
    ];
    const nodes = [anInfo('a', { plugins: [{ type: 'Log', name: 'json-file' }] }), anInfo('b', { plugins })];
    expect(perNode(unplaced(2, { taskTemplate: template }), nodes)).toEqual({ b: 2 });
    expect(placing(unplaced(1, { taskTemplate: template }), nodes.slice(0, 1)).unplaced[0]?.reason).toBe(
      'no suitable node (missing plugin on 1 node)',
    );
  });

  it.each([
    { needs: 'an overlay network', spec: { taskTemplate: { networks: [{ target: 'back' }] } } },
    { needs: 'a port on every node', spec: { endpointSpec: { ports: [{ targetPort: 80 }] } } },
  ])('that need $needs go only where such networks can be had', ({ spec }) => {
    const nodes = [
      anInfo('a'),
      anInfo('b', { networking: { overlayProblem: 'there is no nft' } }),
      anInfo('c', { networking: {} }),
    ];
    expect(perNode(unplaced(2, spec), nodes)).toEqual({ c: 2 });
    expect(placing(unplaced(1, spec), nodes.slice(0, 2)).unplaced[0]?.reason).toBe(
      'no suitable node (no overlay networks on 2 nodes)',
    );
  });

  it('that are on an encrypted network go only where there is WireGuard', () => {
    const spec = { taskTemplate: { networks: [{ target: 'back' }] } };
    const network = { id: 'back', spec: { name: 'back', driverConfiguration: { name: 'overlay', options: { encrypted: '' } } } };
    const attached = (count: number): Task[] => {
      const attachment = { network, addresses: ['10.1.0.2/24'] };
      return unplaced(count, spec).map((task) => ({ ...task, networksAttachments: [attachment] }));
    };
    const nodes = [
      anInfo('a', { networking: { encryptionProblem: 'there is no wg' } }),
      anInfo('b', { networking: { wireguardKey: 'KEY' } }),
    ];
    expect(perNode(attached(2), nodes)).toEqual({ b: 2 });
    expect(placing(attached(1), nodes.slice(0, 1)).unplaced[0]?.reason).toBe(
      'no suitable node (no encrypted networks on 1 node)',
    );
  });

  describe('spread over labels', () => {
    const spreadBy = (...labels: string[]): ServiceOptions['spec'] => ({
      taskTemplate: {
        placement: { preferences: labels.map((label) => ({ spread: { spreadDescriptor: `node.labels.${label}` } })) },
      },
    });
    const inZone = (id: string, zone: string, rack = ''): NodeInfo => anInfo(id, { labels: rack ? { zone, rack } : { zone } });

    it('fills zones evenly, however many nodes each has', () => {
      const nodes = [inZone('a1', 'a'), inZone('b1', 'b'), inZone('b2', 'b'), inZone('b3', 'b')];
      expect(perNode(unplaced(6, spreadBy('zone')), nodes)).toEqual({ a1: 3, b1: 1, b2: 1, b3: 1 });
    });

    it('gives nodes without the label a branch of their own', () => {
      expect(perNode(unplaced(4, spreadBy('zone')), [inZone('a1', 'a'), anInfo('x'), anInfo('y')])).toEqual({
        a1: 2,
        x: 1,
        y: 1,
      });
    });

    it('counts what is there, also on nodes that take no more', () => {
      const service = aService({ spec: spreadBy('zone') });
      const there = [1, 2, 3].map((slot) => aTask({ slot, nodeId: 'a1', service }));
      const full = toNodeInfo(aNode('a1', { labels: { zone: 'a' }, availability: NodeAvailability.pause }), there);
      expect(perNode(unplaced(3, spreadBy('zone')), [full, inZone('a2', 'a'), inZone('b1', 'b')])).toEqual({ b1: 3 });
    });

    it('spreads over racks within zones', () => {
      const nodes = [inZone('a1', 'a', 'r1'), inZone('a2', 'a', 'r2'), inZone('a3', 'a', 'r2'), inZone('b1', 'b', 'r1')];
      expect(perNode(unplaced(8, spreadBy('zone', 'rack')), nodes)).toEqual({ a1: 2, a2: 1, a3: 1, b1: 4 });
    });

    it('goes on elsewhere when a zone is full', () => {
      const spec = { taskTemplate: { ...spreadBy('zone')?.taskTemplate, resources: { reservations: { nanoCpus: 1e9 } } } };
      const nodes = [
        anInfo('a1', { nanoCpus: 1e9, labels: { zone: 'a' } }),
        anInfo('b1', { nanoCpus: 8e9, labels: { zone: 'b' } }),
      ];
      expect(perNode(unplaced(5, spec), nodes)).toEqual({ a1: 1, b1: 4 });
    });
  });

  it('says how many nodes each reason refuses', () => {
    const nodes = [anInfo('a', { state: NodeState.down }), anInfo('b', { nanoCpus: 1 }), anInfo('c', { nanoCpus: 1 })];
    expect(placing(unplaced(1, reserving(1e9)), nodes).unplaced[0]?.reason).toBe(
      'no suitable node (insufficient resources on 2 nodes; 1 node not available for new tasks)',
    );
  });

  it('says so when there is no node at all', () => {
    expect(placing(unplaced(1), []).unplaced[0]?.reason).toBe('no suitable node');
  });
});

describe('any cluster', () => {
  const clusters = fc.array(
    fc.record({
      nanoCpus: fc.integer({ min: 0, max: 8 }).map((cores) => cores * 1e9),
      state: fc.constantFrom(NodeState.ready, NodeState.ready, NodeState.ready, NodeState.down),
      own: fc.nat(4),
    }),
    { maxLength: 12 },
  );
  const toInfos = (nodes: { nanoCpus: number; state: NodeState; own: number }[], spec: ServiceOptions['spec']): NodeInfo[] =>
    nodes.map(({ nanoCpus, state, own }, i) =>
      anInfo(
        `n${i}`,
        { nanoCpus, state },
        Array.from({ length: own }, (_, k) => aTask({ slot: k, nodeId: `n${i}`, service: aService({ spec }) })),
      ),
    );

  it('is never filled above its capacity, and a task waits only when nothing fits it', () => {
    fc.assert(
      fc.property(clusters, fc.nat(40), fc.integer({ min: 1, max: 3 }), (nodes, count, cores) => {
        const before = toInfos(nodes, {});
        const { placed, unplaced: rest } = placing(unplaced(count, reserving(cores * 1e9)), before);
        const after = new Map(before.map((info) => [info.node.id, info]));
        for (const { task, nodeId } of placed) after.set(nodeId, withTask(after.get(nodeId) as NodeInfo, task));
        const usable = [...after.values()].filter((info) => info.node.status?.state === NodeState.ready);
        expect(usable.every((info) => info.freeNanoCpus >= 0)).toBe(true);
        expect(placed.length + rest.length).toBe(count);
        if (rest.length > 0) expect(usable.every((info) => info.freeNanoCpus < cores * 1e9)).toBe(true);
      }),
    );
  });

  it('ends up spread with a difference of at most one wherever tasks were added', () => {
    fc.assert(
      fc.property(clusters, fc.nat(60), (nodes, count) => {
        const before = toInfos(nodes, {});
        const added = new Set(placing(unplaced(count), before).placed.map(({ nodeId }) => nodeId));
        const counts = new Map(before.map((info) => [info.node.id, info.tasksByService.get('web-id') ?? 0]));
        for (const { nodeId } of placing(unplaced(count), before).placed) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
        const ready = before.filter((info) => info.node.status?.state === NodeState.ready);
        const lowest = Math.min(...ready.map((info) => counts.get(info.node.id) ?? 0));
        for (const id of added) expect((counts.get(id) ?? 0) - lowest).toBeLessThanOrEqual(1);
      }),
    );
  });
});
