import { NodeAvailability, NodeState } from '#common/domain';
import type { Task } from '#common/proto';
import { aTask } from '../testing/builders';
import { explainNodes, saysPlaceIsTaken } from './explain';
import type { NodeInfo } from './node-info';
import { anInfo, discrete, named, placing, serviceOf, waiting } from './testing/placing';

type Template = Parameters<typeof serviceOf>[1];

const reserving = (reservations: NonNullable<NonNullable<Template>['resources']>['reservations']): Template => ({
  resources: { reservations },
});
const placed = (...constraints: string[]): Template => ({ placement: { constraints } });
const oneOf = (template: Template): Task => waiting(serviceOf('web', template))[0]!;
const withPort = (task: Task): Task => ({
  ...task,
  endpointSpec: {
    mode: '',
    ports: [{ name: '', protocol: 'udp', targetPort: 53, publishedPort: 53, publishMode: 'host' }],
  },
});

describe('each filter explains itself', () => {
  const there = aTask({ nodeId: 'a', service: serviceOf('web') });

  it.each<{ filter: string; task: Task; info: NodeInfo; reason: string }>([
    {
      filter: 'ready',
      task: oneOf({}),
      info: anInfo('a', { availability: NodeAvailability.pause }),
      reason: 'the node is ready and its availability is pause',
    },
    {
      filter: 'ready',
      task: oneOf({}),
      info: anInfo('a', { state: NodeState.down }),
      reason: 'the node is down and its availability is active',
    },
    {
      filter: 'constraints',
      task: oneOf(placed('node.role==worker', 'node.labels.zone==b')),
      info: anInfo('a', { labels: { zone: 'a' } }),
      reason: "constraint 'node.labels.zone==b' is not satisfied: node.labels.zone is 'a'",
    },
    {
      filter: 'constraints',
      task: oneOf(placed('node.labels.cores > 8')),
      info: anInfo('a'),
      reason: "constraint 'node.labels.cores > 8' is not satisfied: the node has no node.labels.cores",
    },
    {
      filter: 'platform',
      task: oneOf({ placement: { platforms: [{ architecture: 'arm64', os: 'linux' }] } }),
      info: anInfo('a'),
      reason: 'the image runs on linux/arm64, the node is linux/x86_64',
    },
    {
      filter: 'plugins',
      task: oneOf({ logDriver: { name: 'loki' } }),
      info: anInfo('a', { plugins: [{ type: 'Log', name: 'json-file' }] }),
      reason: 'missing plugin loki (log)',
    },
    { filter: 'affinity', task: oneOf(placed('service==db')), info: anInfo('a'), reason: 'no task of service db' },
    {
      filter: 'affinity',
      task: oneOf(placed('service!=web')),
      info: anInfo('a', {}, [there]),
      reason: 'another task of service web',
    },
    {
      filter: 'resources',
      task: oneOf(reserving({ nanoCpus: 2.5e9, memoryBytes: 64 * 2 ** 20 })),
      info: anInfo('a', { nanoCpus: 2e9 }),
      reason: '2.5 cpus needed, 2 free',
    },
    {
      filter: 'resources',
      task: oneOf(reserving({ memoryBytes: 64 * 2 ** 20, genericResources: [discrete('gpu', 2), discrete('tpu', 1)] })),
      info: anInfo('a', { memoryBytes: 32 * 2 ** 20, genericResources: named('gpu', 'g1') }),
      reason: '64 MiB memory needed, 32 MiB free; 2 gpu needed, 1 free; 1 tpu needed, 0 free',
    },
    {
      filter: 'host ports',
      task: withPort(oneOf({})),
      info: anInfo('a', {}, [withPort(there)]),
      reason: 'host-mode port 53/udp already in use',
    },
    {
      filter: 'max replicas',
      task: oneOf({ placement: { maxReplicas: 1 } }),
      info: anInfo('a', {}, [there]),
      reason: 'tasks of the service there: 1, at most 1 per node',
    },
  ])('$filter: $reason', ({ filter, task, info, reason }) => {
    expect(explainNodes(task, [info])).toEqual([{ nodeId: 'a', admitted: false, filter, reason }]);
  });

  it('and a node that would take the task says that', () => {
    const infos = [anInfo('a'), anInfo('b', { state: NodeState.down })];
    expect(explainNodes(oneOf({}), infos)).toEqual([
      { nodeId: 'a', admitted: true },
      { nodeId: 'b', admitted: false, filter: 'ready', reason: 'the node is down and its availability is active' },
    ]);
  });
});

it.each([
  { because: 'of a port of its own', isTaken: true, task: withPort(oneOf({})), there: withPort(aTask({ nodeId: 'a' })) },
  {
    because: 'of the limit per node',
    isTaken: true,
    task: oneOf({ placement: { maxReplicas: 1 } }),
    there: aTask({ nodeId: 'a' }),
  },
  {
    because: 'the service keeps its tasks apart',
    isTaken: true,
    task: oneOf(placed('service!=web')),
    there: aTask({ nodeId: 'a' }),
  },
  {
    because: 'of another service',
    isTaken: false,
    task: oneOf(placed('service!=db')),
    there: aTask({ nodeId: 'a', service: serviceOf('db') }),
  },
])('a task that is refused because $because could be placed if its predecessor went: $isTaken', ({ task, there, isTaken }) => {
  expect(saysPlaceIsTaken(placing([task], [anInfo('a', {}, [there])]).unplaced[0]?.reason ?? '')).toBe(isTaken);
});
