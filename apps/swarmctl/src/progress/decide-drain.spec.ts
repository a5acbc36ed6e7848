import { Node, Task } from '#common/proto';
import { aNode, aTask } from '../testing/api-objects';
import type { ApiObject } from '../testing/fake-manager';
import { decideDrain } from './decide-drain';

const NOW = Date.parse('2026-01-01T00:01:00Z');
const DRAINED = { Role: 'worker', Availability: 'drain' };
const SERVICES = new Map([['web-id', 'web']]);

const drain = (tasks: ApiObject[], node: ApiObject = {}) =>
  decideDrain(
    {
      node: Node.fromJSON(aNode({ Spec: DRAINED, ...node })),
      tasks: tasks.map((task) => Task.fromJSON(task)),
      services: SERVICES,
    },
    NOW,
  );
const left = (tasks: ApiObject[], node?: ApiObject): string[] =>
  drain(tasks, node).left.map(({ name, state, reason }) => `${name} ${state}: ${reason}`);
const successor = (status: ApiObject): ApiObject => aTask({ ID: 'new', NodeID: '', CreatedAt: '2026-01-01T00:00:30Z' }, status);

describe('what is left on a node that is drained', () => {
  it.each([
    { name: 'is what runs there', tasks: [aTask()], says: ['web.1 running: waits for its turn'] },
    {
      name: 'is what is on its way there',
      tasks: [aTask({}, { State: 'assigned' })],
      says: ['web.1 assigned: waits for its turn'],
    },
    { name: 'is what is stopping', tasks: [aTask({ DesiredState: 'shutdown' })], says: ['web.1 running: stopping'] },
    { name: 'is not what has ended', tasks: [aTask({ DesiredState: 'shutdown' }, { State: 'shutdown' })], says: [] },
    { name: 'is not what never came there', tasks: [aTask({}, { State: 'pending' })], says: [] },
    { name: 'is not what runs elsewhere', tasks: [aTask({ NodeID: 'n2-id' })], says: [] },
    {
      name: 'may wait for a successor that finds no room',
      tasks: [aTask(), successor({ State: 'pending', Err: 'no suitable node (insufficient resources on 2 nodes)' })],
      says: ['web.1 running: its successor is pending: no suitable node (insufficient resources on 2 nodes)'],
    },
    {
      name: 'may wait for a successor that starts',
      tasks: [aTask(), successor({ State: 'preparing' })],
      says: ['web.1 running: its successor is preparing'],
    },
    {
      name: 'is called by its service where the node stands for the slot',
      tasks: [aTask({ Slot: 0, DesiredState: 'shutdown' }), aTask({ ID: 'other', Slot: 0, NodeID: 'n2-id' })],
      says: ['web running: stopping'],
    },
  ])('$name', ({ tasks, says }) => expect(left(tasks)).toEqual(says));

  it('is not what has been replaced while the node is down', () => {
    const down = { Status: { State: 'down' } };
    expect(left([aTask({ DesiredState: 'shutdown' })], down)).toEqual([]);
    expect(left([aTask()], down)).toHaveLength(1);
  });
});

it('tells when somebody wants tasks on the node again', () => {
  expect(drain([]).isWithdrawn).toBe(false);
  expect(drain([], { Spec: { Role: 'worker', Availability: 'active' } }).isWithdrawn).toBe(true);
});
