import fc from 'fast-check';
import { INGRESS_NETWORK, observedState, TaskState } from '#common/domain';
import { EndpointSpec, Network, ServiceEndpoint, Task, type Service } from '#common/proto';
import { aService, aTask } from '../../testing/builders';
import { changedTasks, isTaskChange } from '../apply-changes';
import type { Change } from '../change';
import { AddressBook, addressesOn, type AddressSource } from './address-book';
import { allocateAddresses } from './allocate-addresses';

const network = (id: string, subnet: string): Network =>
  Network.fromPartial({ id, spec: { name: id, ipam: { config: [{ subnet, gateway: subnet.replace(/0\/.*/, '1') }] } } });
const NETWORKS = [network('back', '10.1.0.0/24'), network('tiny', '10.2.0.0/29'), network(INGRESS_NETWORK, '10.3.0.0/24')];

const source = (services: Service[], tasks: Task[] = []): AddressSource => ({
  network: (id) => NETWORKS.find((each) => each.id === id),
  networkByName: (name) => NETWORKS.find((each) => each.spec?.name === name),
  services: () => services,
  tasksOnNetwork: (id) => tasks.filter((task) => addressesOn(task, id).length > 0),
});
const onNetworks = (targets: string[], fields: object = {}): Service =>
  aService({
    spec: {
      taskTemplate: { containerSpec: { image: 'busybox' }, networks: targets.map((target) => ({ target })) },
      ...fields,
    },
  });
const waiting = (service: Service, slot: number, id = `t${slot}`): Task =>
  aTask({ id, slot, nodeId: '', service, state: TaskState.new });
const afterwards = (changes: readonly Change[]): Task[] =>
  [...changedTasks(changes.filter(isTaskChange), 0).values()].flatMap((task) => task ?? []);
const addresses = (changes: readonly Change[]): string[] =>
  afterwards(changes).flatMap(({ networksAttachments }) => networksAttachments.flatMap((attachment) => attachment.addresses));
const virtual = (changes: readonly Change[]): string[] =>
  changes.flatMap((change) => (change.kind === 'setEndpoint' ? change.virtualIps.map(({ addr }) => addr) : []));

describe('a service on a network', () => {
  it('has a virtual address, and each of its tasks one of its own', () => {
    const service = onNetworks(['back']);
    const toPlace = [waiting(service, 1), waiting(service, 2)];
    const { changes, held } = allocateAddresses(service, toPlace, toPlace, new AddressBook(source([service]), new Map()));
    expect([virtual(changes), addresses(changes), held.size]).toEqual([['10.1.0.2/24'], ['10.1.0.3/24', '10.1.0.4/24'], 0]);
  });

  it('has none in dnsrr mode', () => {
    const service = onNetworks(['back'], { endpointSpec: { mode: 'dnsrr' } });
    const toPlace = [waiting(service, 1)];
    const { changes } = allocateAddresses(service, toPlace, toPlace, new AddressBook(source([service]), new Map()));
    expect([virtual(changes), addresses(changes)]).toEqual([[], ['10.1.0.2/24']]);
  });

  it('gives up those of networks that it has left', () => {
    const endpoint = ServiceEndpoint.fromPartial({ virtualIps: [{ networkId: 'tiny', addr: '10.2.0.2/29' }] });
    const service = { ...onNetworks(['back']), endpoint };
    const { changes } = allocateAddresses(service, [], [], new AddressBook(source([service]), new Map()));
    expect(virtual(changes)).toEqual(['10.1.0.2/24']);
  });

  it('is on the ingress network too when it publishes a port on every node', () => {
    const endpointSpec = EndpointSpec.fromPartial({ ports: [{ targetPort: 80 }] });
    const service = onNetworks([], { endpointSpec });
    const toPlace = [waiting(service, 1)];
    const { changes } = allocateAddresses(service, toPlace, toPlace, new AddressBook(source([service]), new Map()));
    expect([virtual(changes), addresses(changes)]).toEqual([['10.3.0.2/24'], ['10.3.0.3/24']]);
  });

  it('gives a slot the address that it had, once that is free', () => {
    const service = onNetworks(['back']);
    const attachment = { network: { id: 'back', spec: { name: 'back' } }, addresses: ['10.1.0.77/24'] };
    const failed = { ...aTask({ id: 'old', slot: 1, service, state: TaskState.failed }), networksAttachments: [attachment] };
    const running = { ...failed, id: 'other', status: { ...failed.status, state: TaskState.running } } as Task;
    const toPlace = [waiting(service, 1)];
    const given = (tasks: Task[]): string[] =>
      addresses(allocateAddresses(service, tasks, toPlace, new AddressBook(source([service], tasks), new Map())).changes);
    expect(given([failed])).toEqual(['10.1.0.77/24']);
    expect(given([running])).toEqual(['10.1.0.3/24']);
  });

  it.each([
    { networks: ['tiny'], slots: 6, reason: 'no address left on network tiny' },
    { networks: ['gone'], slots: 1, reason: 'network gone not found' },
  ])('holds tasks that can have no address: $reason', ({ networks, slots, reason }) => {
    const service = onNetworks(networks);
    const toPlace = Array.from({ length: slots }, (_, index) => waiting(service, index + 1));
    const { changes, held } = allocateAddresses(service, toPlace, toPlace, new AddressBook(source([service]), new Map()));
    const last = `t${slots}`;
    expect(held.has(last)).toBe(true);
    expect(changes).toContainEqual(
      expect.objectContaining({ kind: 'holdTask', task: expect.objectContaining({ id: last }), reason }),
    );
  });
});

describe('an attachment whose address somebody has chosen', () => {
  const attachment = (id: string, chosen: string[]): Task =>
    Task.fromPartial({
      id,
      desiredState: TaskState.running,
      status: { state: TaskState.new },
      spec: { networkAttachmentSpec: { addresses: chosen }, networks: [{ target: 'back' }] },
    });

  it('has that one', () => {
    const task = attachment('a', ['10.1.0.77']);
    const { changes } = allocateAddresses(undefined, [task], [task], new AddressBook(source([]), new Map()));
    expect(addresses(changes)).toEqual(['10.1.0.77/24']);
  });

  it('is held when somebody else has it, and says so', () => {
    const tasks = [attachment('a', ['10.1.0.77']), attachment('b', ['10.1.0.77'])];
    const { changes, held } = allocateAddresses(undefined, tasks, tasks, new AddressBook(source([]), new Map()));
    expect([[...held], addresses(changes)]).toEqual([['b'], ['10.1.0.77/24']]);
    expect(changes.find(({ kind }) => kind === 'holdTask')).toMatchObject({
      reason: 'address 10.1.0.77 is not free on network back',
    });
  });
});

describe('whatever tasks there are', () => {
  it('no address is given out twice, and nothing is decided on the result', () => {
    const anyTask = fc.record({
      slot: fc.integer({ min: 1, max: 4 }),
      state: fc.constantFrom(TaskState.running, TaskState.failed, TaskState.new),
    });
    fc.assert(
      fc.property(fc.array(anyTask, { maxLength: 12 }), (given) => {
        const service = onNetworks(['tiny', 'back']);
        let known = { ...service };
        let tasks = given.map(
          ({ slot, state }, index) =>
            ({ ...waiting(service, slot, `t${index}`), status: { ...waiting(service, slot).status, state } }) as Task,
        );
        for (let pass = 0; pass < 2; pass++) {
          const toPlace = tasks.filter((task) => observedState(task) === TaskState.new);
          const { changes } = allocateAddresses(known, tasks, toPlace, new AddressBook(source([known], tasks), new Map()));
          if (pass === 1) expect(changes.filter(({ kind }) => kind !== 'holdTask')).toEqual([]);
          const changed = new Map(afterwards(changes).map((task) => [task.id, task]));
          tasks = tasks.map((task) => ({
            ...task,
            networksAttachments: changed.get(task.id)?.networksAttachments ?? task.networksAttachments,
          }));
          for (const change of changes)
            if (change.kind === 'setEndpoint')
              known = { ...known, endpoint: ServiceEndpoint.fromPartial({ virtualIps: change.virtualIps }) };
        }
        const all = [
          ...tasks.flatMap(({ networksAttachments }) => networksAttachments.flatMap((attachment) => attachment.addresses)),
          ...(known.endpoint?.virtualIps ?? []).map(({ addr }) => addr),
        ];
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});
