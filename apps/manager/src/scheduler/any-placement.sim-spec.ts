import fc from 'fast-check';
import { NodeState, type ServiceAffinity } from '#common/domain';
import type { GenericResource, Service, Task } from '#common/proto';
import { aNode, NOW } from '../testing/builders';
import { freeOf, toPools } from './generic-resources';
import { hostPortsOf, toNodeInfo, withTask, type NodeInfo } from './node-info';
import { PlacementSession } from './placement-session';
import type { Placed } from './schedule';
import { affinitiesOf } from './service-affinity';
import { discrete, named, placing, serviceOf, waiting } from './testing/placing';

const ZONES = ['a', 'b', undefined];
const SERVICES = ['web', 'db', 'cache'];

const clusters = fc
  .array(
    fc.record({
      cores: fc.nat(6),
      gib: fc.nat(6),
      fpgas: fc.nat(4),
      gpus: fc.nat(4),
      zone: fc.constantFrom(...ZONES),
      rack: fc.constantFrom('r1', 'r2'),
      state: fc.constantFrom(NodeState.ready, NodeState.ready, NodeState.ready, NodeState.down),
    }),
    { maxLength: 8 },
  )
  .map((specs) =>
    specs.map(({ cores, gib, fpgas, gpus, zone, rack, state }, i) => {
      const names = Array.from({ length: gpus }, (_, k) => `n${i}-gpu${k}`);
      return aNode(`n${i}`, {
        nanoCpus: cores * 1e9,
        memoryBytes: gib * 2 ** 30,
        genericResources: [discrete('fpga', fpgas), ...named('gpu', ...names)],
        labels: zone === undefined ? { rack } : { zone, rack },
        state,
      });
    }),
  );

const affinities = fc
  .record({
    operator: fc.constantFrom('==', '!=', '!='),
    service: fc.constantFrom(...SERVICES),
    topology: fc.constantFrom('', ' topology=node.labels.zone'),
  })
  .map(({ operator, service, topology }) => `service${operator}${service}${topology}`);

/** Services that ask for a bit of everything, and how many tasks each has. */
const demands = (name: string) =>
  fc
    .record({
      count: fc.nat(6),
      cores: fc.nat(2),
      gib: fc.nat(2),
      fpgas: fc.nat(2),
      gpus: fc.nat(2),
      maxReplicas: fc.nat(2),
      port: fc.boolean(),
      constraints: fc.array(affinities, { maxLength: 2 }),
      preferences: fc.subarray(['node.labels.zone', 'node.labels.rack']),
    })
    .map(({ count, cores, gib, fpgas, gpus, maxReplicas, port, constraints, preferences }) => {
      const genericResources = [discrete('fpga', fpgas), discrete('gpu', gpus)];
      const service = serviceOf(name, {
        resources: { reservations: { nanoCpus: cores * 1e9, memoryBytes: gib * 2 ** 30, genericResources } },
        placement: {
          maxReplicas,
          constraints,
          preferences: preferences.map((spreadDescriptor) => ({ spread: { spreadDescriptor } })),
        },
      });
      const ports = port ? [{ targetPort: 80, publishedPort: 80, protocol: 'tcp', publishMode: 'host', name: '' }] : [];
      return { service: { ...service, spec: { ...service.spec!, endpointSpec: { mode: '', ports } } }, count };
    });
type Demand = { service: Service; count: number };
const allDemands: fc.Arbitrary<Demand[]> = fc.tuple(...SERVICES.map(demands));

interface Outcome {
  before: NodeInfo[];
  placed: Placed[];
  /** Placed tasks by node. */
  on: Map<string, Placed[]>;
}

function placeAll(nodes: ReturnType<typeof aNode>[], demanded: readonly Demand[]): Outcome {
  const before = nodes.map((node) => toNodeInfo(node, []));
  const session = new PlacementSession(before, NOW);
  const placed = demanded.flatMap(({ service, count }) => session.place(waiting(service, count)).placed);
  const on = new Map<string, Placed[]>();
  for (const each of placed) on.set(each.nodeId, [...(on.get(each.nodeId) ?? []), each]);
  return { before, placed, on };
}

function check(property: (outcome: Outcome, demanded: readonly Demand[]) => void): void {
  fc.assert(
    fc.property(clusters, allDemands, (nodes, demanded) => property(placeAll(nodes, demanded), demanded)),
    { numRuns: 300 },
  );
}

const valuesOf = (resources: readonly GenericResource[]) =>
  resources.flatMap(({ namedResourceSpec: value }) => (value ? [`${value.kind}/${value.value}`] : []));

describe('whatever the cluster and the services', () => {
  it('no node is filled above what it has', () => {
    check(({ before, on }) => {
      for (const info of before) {
        const after = (on.get(info.node.id) ?? []).reduce(
          (so, { task, genericResources }) => withTask(so, task, genericResources),
          info,
        );
        const amounts = [after.freeNanoCpus, after.freeMemoryBytes, freeOf(after.freeGenericResources, 'fpga')];
        expect(Math.min(...amounts)).toBeGreaterThanOrEqual(0);
      }
    });
  });

  it('each task gets as many of each kind as it asks for, no name twice, and none that its node does not have', () => {
    check(({ before, placed, on }) => {
      const owned = new Map(before.map(({ node }) => [node.id, valuesOf(node.description?.resources?.genericResources ?? [])]));
      for (const { task, genericResources } of placed) {
        const asked = toPools(task.spec?.resources?.reservations?.genericResources ?? []);
        const got = toPools(genericResources);
        expect(got.get('gpu')?.names.length ?? 0).toBe(asked.get('gpu')?.amount);
        expect(got.get('fpga')?.amount ?? 0).toBe(asked.get('fpga')?.amount);
      }
      for (const [nodeId, tasks] of on) {
        const given = tasks.flatMap(({ genericResources }) => valuesOf(genericResources));
        expect(new Set(given).size).toBe(given.length);
        expect(owned.get(nodeId)).toEqual(expect.arrayContaining(given));
      }
    });
  });

  it('no node has a host port twice, or more tasks of a service than that allows', () => {
    check(({ on }, demanded) => {
      for (const tasks of on.values()) {
        const ports = tasks.flatMap(({ task }) => hostPortsOf(task));
        expect(new Set(ports).size).toBe(ports.length);
        for (const { service } of demanded) {
          const most = service.spec?.taskTemplate?.placement?.maxReplicas || Infinity;
          expect(tasks.filter(({ task }) => task.serviceId === service.id).length).toBeLessThanOrEqual(most);
        }
      }
    });
  });

  it('no task is placed against its own affinities, or those of a task that is there', () => {
    check(({ before, placed }) => {
      const zones = new Map(before.map(({ node }) => [node.id, node.spec?.labels.zone]));
      const isBeside = (a: string, b: string, { topology }: ServiceAffinity): boolean =>
        topology === 'node.id' ? a === b : zones.get(a) === zones.get(b);
      placed.forEach(({ task, nodeId }, i) => {
        const earlier = placed.slice(0, i);
        const is = (other: Task, { service }: ServiceAffinity): boolean => other.serviceName === service;
        for (const affinity of affinitiesOf(task.spec?.placement)) {
          const beside = earlier.filter((other) => is(other.task, affinity) && isBeside(nodeId, other.nodeId, affinity));
          const isFirst = is(task, affinity) && !earlier.some((other) => is(other.task, affinity));
          if (affinity.operator === '!=') expect(beside).toEqual([]);
          else if (!isFirst) expect(beside).not.toEqual([]);
        }
        for (const other of earlier) {
          for (const affinity of affinitiesOf(other.task.spec?.placement)) {
            if (affinity.operator === '!=' && is(task, affinity)) expect(isBeside(nodeId, other.nodeId, affinity)).toBe(false);
          }
        }
      });
    });
  });

  it('the same question gets the same answer, in whatever order the nodes come', () => {
    fc.assert(
      fc.property(clusters, allDemands, (nodes, demanded) => {
        const answer = (outcome: Outcome) => outcome.placed.map(({ task, nodeId }) => `${task.id} ${nodeId}`);
        expect(answer(placeAll([...nodes].reverse(), demanded))).toEqual(answer(placeAll(nodes, demanded)));
      }),
    );
  });

  it('each level of the spread differs by at most one where there is room', () => {
    const roomy = fc.array(fc.record({ zone: fc.constantFrom('a', 'b', 'c'), rack: fc.constantFrom('r1', 'r2') }), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(roomy, fc.nat(40), fc.subarray(['zone', 'rack']), (labels, count, levels) => {
        const preferences = levels.map((level) => ({ spread: { spreadDescriptor: `node.labels.${level}` } }));
        const infos = labels.map((each, i) => toNodeInfo(aNode(`n${i}`, { labels: each }), []));
        const { placed } = placing(waiting(serviceOf('web', { placement: { preferences } }), count), infos);
        expect(placed).toHaveLength(count);
        const tasksOn = (nodeId: string) => placed.filter((each) => each.nodeId === nodeId).length;
        expectEven(infos, levels, tasksOn);
      }),
    );
  });
});

/** Branches by their labels differ by at most one, and so does what is in each of them. */
function expectEven(infos: readonly NodeInfo[], [level, ...rest]: readonly string[], tasksOn: (nodeId: string) => number): void {
  const groups = new Map<string, NodeInfo[]>();
  for (const info of infos) {
    const value = level === undefined ? info.node.id : (info.node.spec?.labels[level] ?? '');
    groups.set(value, [...(groups.get(value) ?? []), info]);
  }
  const totals = [...groups.values()].map((group) => group.reduce((sum, { node }) => sum + tasksOn(node.id), 0));
  expect(Math.max(...totals) - Math.min(...totals)).toBeLessThanOrEqual(1);
  if (level !== undefined) for (const group of groups.values()) expectEven(group, rest, tasksOn);
}
