import fc from 'fast-check';
import { NodeState, TaskState } from '#common/domain';
import { ControlPlane, type NetworkChanges } from '#common/dispatcher-proto';
import { Network, Service, Task, type Node } from '#common/proto';
import type { ClusterView, ViewChange } from '#common/store';
import { aNode } from '../testing/builders';
import { NetworkDirectory } from './network-directory';
import { NO_PICTURE, toNetworkChanges, type NetworkPicture } from './network-diff';

const BACK = Network.fromPartial({ id: 'back', spec: { name: 'back' } });
const INGRESS = Network.fromPartial({ id: 'ing', spec: { name: 'ingress', ingress: true } });
const WEB = Service.fromPartial({
  id: 'web',
  spec: { name: 'web', taskTemplate: { networks: [{ target: 'back', aliases: ['front'] }] } },
  endpoint: { virtualIps: [{ networkId: 'back', addr: '10.1.0.2/24' }] },
});

function aTaskOn(nodeId: string, fields: { id?: string; state?: TaskState; desired?: TaskState; networkId?: string } = {}): Task {
  const { id = `on-${nodeId}`, state = TaskState.running, desired = TaskState.running, networkId = 'back' } = fields;
  return Task.fromPartial({
    id,
    nodeId,
    serviceId: 'web',
    serviceName: 'web',
    slot: 1,
    status: { state },
    desiredState: desired,
    networksAttachments: [{ network: { id: networkId }, addresses: ['10.1.0.3/24'] }],
  });
}

interface World {
  tasks: Task[];
  services: Service[];
  nodes: Node[];
}

function directoryOf(world: World): NetworkDirectory {
  const networks = [BACK, INGRESS];
  const view = {
    network: (id: string) => networks.find((network) => network.id === id),
    networkByName: (name: string) => networks.find(({ spec }) => spec?.name === name),
    task: (id: string) => world.tasks.find((task) => task.id === id),
    tasksOfNode: (id: string) => world.tasks.filter(({ nodeId }) => nodeId === id),
    tasksOnNetwork: (id: string) =>
      world.tasks.filter(({ networksAttachments }) => networksAttachments.some(({ network }) => network?.id === id)),
    service: (id: string) => world.services.find((service) => service.id === id),
    servicesOnNetwork: (id: string) =>
      world.services.filter(
        ({ spec, endpoint }) =>
          spec?.taskTemplate?.networks.some(({ target }) => target === id) ||
          endpoint?.virtualIps.some(({ networkId }) => networkId === id),
      ),
    nodes: () => world.nodes,
    node: (id: string) => world.nodes.find((node) => node.id === id),
  } as unknown as ClusterView;
  return new NetworkDirectory(view, () => ControlPlane.fromPartial(CONTROL_PLANE));
}

const CONTROL_PLANE = { addresses: ['10.77.0.1:2378', '10.77.0.1:2379'], userAddresses: [], networks: ['10.77.0.0/24'] };

const world = (parts: Partial<World> = {}): World => ({
  tasks: [aTaskOn('a')],
  services: [WEB],
  nodes: [aNode('a'), aNode('b')],
  ...parts,
});

describe('what a node is told of networks', () => {
  it('is only where the control plane is, when it has no task on any and no port is published', () => {
    expect(directoryOf(world()).pictureFor('b')).toEqual({ ...NO_PICTURE, controlPlane: CONTROL_PLANE });
  });

  it('is who is on its networks, and where', () => {
    const picture = directoryOf(world()).pictureFor('a');
    expect([...picture.networks.keys(), ...picture.nodes.keys()]).toEqual(['back', 'a', 'b']);
    expect(picture.services.get('web')).toMatchObject({
      name: 'web',
      networks: [{ networkId: 'back', aliases: ['front'], virtualAddresses: ['10.1.0.2'] }],
    });
    expect(picture.endpoints.get('on-a')).toMatchObject({ nodeId: 'a', addresses: [{ networkId: 'back', address: '10.1.0.3' }] });
    expect(picture.controlPlane).toEqual(CONTROL_PLANE);
  });

  it('is the ingress network, once a port is published', () => {
    const endpoint = {
      ports: [{ targetPort: 80, publishedPort: 8080 }],
      virtualIps: [{ networkId: 'ing', addr: '10.3.0.2/24' }],
    };
    const published = Service.fromPartial({ ...WEB, endpoint });
    const picture = directoryOf(world({ services: [published] })).pictureFor('b');
    expect([...picture.networks.keys()]).toEqual(['ing']);
    expect(picture.services.get('web')?.ports).toMatchObject([{ port: { publishedPort: 8080 } }]);
  });

  it.each<{ what: string; task?: Task; node?: Node; serving: boolean | undefined }>([
    { what: 'a task that runs', serving: true },
    { what: 'one that starts', task: aTaskOn('a', { state: TaskState.starting }), serving: false },
    { what: 'one that is to stop', task: aTaskOn('a', { desired: TaskState.shutdown }), serving: false },
    { what: 'one on a node that is down', node: aNode('a', { state: NodeState.down }), serving: false },
    { what: 'one that has ended', task: aTaskOn('a', { state: TaskState.failed }), serving: undefined },
  ])('connections may go to $what: $serving', ({ task = aTaskOn('a'), node = aNode('a'), serving }) => {
    const other = aTaskOn('b', { id: 'other' });
    const picture = directoryOf(world({ tasks: [task, other], nodes: [node, aNode('b')] })).pictureFor('b');
    expect(picture.endpoints.get('on-a')?.serving).toBe(serving);
  });

  it('is not sent again while it says the same', () => {
    const now = world();
    const directory = directoryOf(now);
    const before = directory.pictureFor('a');
    now.tasks = [{ ...aTaskOn('a'), updatedAt: 'later' }];
    directory.forget();
    expect(directory.pictureFor('a')).toBe(before);
  });
});

describe('whatever a node was told before', () => {
  it('a change that does not concern networks leaves it right', () => {
    const services = [WEB, Service.fromPartial({ id: 'web', spec: { name: 'web' } }), undefined];
    const tasks = [
      ...[TaskState.running, TaskState.failed].map((state) => aTaskOn('a', { id: 't', state })),
      { ...aTaskOn('a', { id: 't' }), networksAttachments: [] },
      undefined,
    ];
    const anyState = fc.record({ service: fc.constantFrom(...services), task: fc.constantFrom(...tasks) });
    const toWorld = ({ service, task }: { service: Service | undefined; task: Task | undefined }): World =>
      world({ services: service ? [service] : [], tasks: [aTaskOn('b'), ...(task ? [task] : [])] });
    fc.assert(
      fc.property(fc.array(anyState, { minLength: 2, maxLength: 8 }), (states) => {
        const now = world();
        const directory = directoryOf(now);
        let isRemoved = false;
        for (const state of states) {
          // Ids are not given twice: what was removed does not come back.
          isRemoved ||= state.service === undefined;
          Object.assign(now, toWorld(isRemoved ? { ...state, service: undefined } : state));
          const concerned = (['service', 'task'] as const).some((kind) =>
            directory.concerns({ kind, id: kind === 'task' ? 't' : 'web' } as ViewChange),
          );
          if (concerned) directory.forget();
          for (const nodeId of ['a', 'b']) {
            expect(directory.pictureFor(nodeId)).toEqual(directoryOf(now).pictureFor(nodeId));
          }
        }
      }),
    );
  });

  it('is not made anew for a service and a task that are on no network', () => {
    const now = world({ services: [WEB, Service.fromPartial({ id: 'plain' })] });
    now.tasks.push({ ...aTaskOn('a', { id: 'plain-task' }), networksAttachments: [] });
    const directory = directoryOf(now);
    directory.pictureFor('a');
    const task: ViewChange = { kind: 'task', id: 'plain-task', serviceId: 'plain', nodeIds: ['a'], endedOrGone: false };
    expect([{ kind: 'service' as const, id: 'plain' }, task].map((change) => directory.concerns(change))).toEqual([false, false]);
    expect(directory.concerns({ ...task, id: 'on-a' })).toBe(true);
  });

  it('what changed brings it to what it has to know', () => {
    const apply = (picture: NetworkPicture, changes: NetworkChanges | undefined): string[] => {
      const endpoints = new Map(picture.endpoints);
      for (const id of changes?.removedEndpoints ?? []) endpoints.delete(id);
      for (const endpoint of changes?.endpoints ?? []) endpoints.set(endpoint.taskId, endpoint);
      return [...endpoints.values()].map((endpoint) => JSON.stringify(endpoint)).sort();
    };
    const someTasks = fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('t1', 't2', 't3', 't4'),
        state: fc.constantFrom(TaskState.running, TaskState.starting, TaskState.failed),
      }),
      { selector: ({ id }) => id },
    );
    fc.assert(
      fc.property(someTasks, someTasks, (first, second) => {
        const tasksOf = (some: typeof first): Task[] => [aTaskOn('a'), ...some.map((fields) => aTaskOn('b', fields))];
        const now = world({ tasks: tasksOf(first) });
        const directory = directoryOf(now);
        const before = directory.pictureFor('a');
        now.tasks = tasksOf(second);
        directory.forget();
        const after = directory.pictureFor('a');
        expect(apply(before, toNetworkChanges(before, after))).toEqual(apply(after, undefined));
      }),
    );
  });
});
