import fc from 'fast-check';
import { TaskState } from '#common/domain';
import type { GenericResource, Task } from '#common/proto';
import { aNode, aTask, type NodeOptions } from '../testing/builders';
import { tasksOverCapacity } from './evictions';
import { discrete, named, serviceOf } from './testing/placing';

interface Held {
  cpus?: number;
  gib?: number;
  claims?: GenericResource[];
}

const GIB = 2 ** 30;

/** A task on the node; a lower age is newer. */
function holder(
  id: string,
  age: number,
  { cpus = 0, gib = 0, claims = [] }: Held,
  options: Parameters<typeof aTask>[0] = {},
): Task {
  const service = serviceOf('web', { resources: { reservations: { nanoCpus: cpus * 1e9, memoryBytes: gib * GIB } } });
  return { ...aTask({ id, createdMsAgo: age * 1_000, service, ...options }), genericResources: claims };
}

const nodeOf = (cpus: number, gib: number, genericResources: GenericResource[] = []): NodeOptions => ({
  nanoCpus: cpus * 1e9,
  memoryBytes: gib * GIB,
  genericResources,
});

describe('a node with less than is reserved on it', () => {
  it.each<{ name: string; node: NodeOptions; tasks: Task[]; leaving: string[] }>([
    { name: 'keeps all that fits', node: nodeOf(2, 2), tasks: [holder('a', 1, { cpus: 2, gib: 2 })], leaving: [] },
    {
      name: 'loses the newest first',
      node: nodeOf(2, 2),
      tasks: [holder('old', 3, { cpus: 1 }), holder('newest', 1, { cpus: 1 }), holder('newer', 2, { cpus: 1 })],
      leaving: ['newest'],
    },
    {
      name: 'keeps tasks that hold nothing of what is short',
      node: nodeOf(2, 1),
      tasks: [holder('old', 3, { gib: 1 }), holder('newer', 2, { gib: 1 }), holder('cpu', 1, { cpus: 1 }), holder('none', 0, {})],
      leaving: ['newer'],
    },
    {
      name: 'goes by id where tasks are equally old',
      node: nodeOf(1, 1),
      tasks: [holder('b', 1, { cpus: 1 }), holder('a', 1, { cpus: 1 })],
      leaving: ['b'],
    },
    {
      name: 'does not count those that stop already',
      node: nodeOf(1, 1),
      tasks: [holder('old', 2, { cpus: 1 }), holder('stopping', 1, { cpus: 1 }, { desired: TaskState.shutdown })],
      leaving: [],
    },
    {
      name: 'does not count those that have ended',
      node: nodeOf(1, 1),
      tasks: [holder('old', 2, { cpus: 1 }), holder('failed', 1, { cpus: 1 }, { state: TaskState.failed })],
      leaving: [],
    },
    {
      name: 'looks at numbers of a kind',
      node: nodeOf(1, 1, [discrete('gpu', 3)]),
      tasks: [holder('old', 2, { claims: [discrete('gpu', 2)] }), holder('new', 1, { claims: [discrete('gpu', 2)] })],
      leaving: ['new'],
    },
    {
      name: 'loses the holder of a name that is gone, however old, and that only',
      node: nodeOf(1, 1, named('gpu', 'g2')),
      tasks: [holder('old', 2, { claims: named('gpu', 'g1') }), holder('new', 1, { claims: named('gpu', 'g2') })],
      leaving: ['old'],
    },
    {
      name: 'takes a kind called cpu for what it is',
      node: nodeOf(1, 1, [discrete('cpu', 1)]),
      tasks: [holder('a', 1, { cpus: 1, claims: [discrete('cpu', 1)] })],
      leaving: [],
    },
  ])('$name', ({ node, tasks, leaving }) => {
    expect([...tasksOverCapacity(aNode('a', node), tasks)]).toEqual(leaving);
  });

  it.each([
    { name: 'that has never told what it has', node: { ...aNode('a'), description: undefined } },
    { name: 'whose engine has not answered yet', node: aNode('a', nodeOf(0, 0)) },
  ])('$name keeps all', ({ node }) => {
    expect(tasksOverCapacity(node, [holder('a', 1, { cpus: 1, claims: named('gpu', 'g1') })]).size).toBe(0);
  });

  it('holds no more than it has afterwards, in whatever order they come', () => {
    const held = fc.array(fc.record({ cpus: fc.nat(3), gib: fc.nat(3), age: fc.nat(5) }), { maxLength: 8 });
    fc.assert(
      fc.property(held, fc.nat(6), fc.integer({ min: 1, max: 6 }), (specs, cpus, gib) => {
        const tasks = specs.map(({ age, ...spec }, i) => holder(`t${i}`, age, spec));
        const node = aNode('a', nodeOf(cpus, gib));
        const leaving = tasksOverCapacity(node, tasks);
        const stays = specs.filter((_, i) => !leaving.has(`t${i}`));
        expect(stays.reduce((sum, spec) => sum + spec.cpus, 0)).toBeLessThanOrEqual(cpus);
        expect(stays.reduce((sum, spec) => sum + spec.gib, 0)).toBeLessThanOrEqual(gib);
        expect(tasksOverCapacity(node, [...tasks].reverse())).toEqual(leaving);
        expect(
          tasksOverCapacity(
            node,
            tasks.filter(({ id }) => !leaving.has(id)),
          ).size,
        ).toBe(0);
      }),
    );
  });
});
