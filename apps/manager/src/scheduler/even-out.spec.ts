import fc from 'fast-check';
import type { Task } from '#common/proto';
import { aNode, aService, aTask, NOW } from '../testing/builders';
import { decideMoves } from './even-out';
import { toNodeInfo, type NodeInfo } from './node-info';

const byZone = { taskTemplate: { placement: { preferences: [{ spread: { spreadDescriptor: 'node.labels.zone' } }] } } };

interface World {
  sample: Task;
  tasks: Task[];
  infos: NodeInfo[];
}

/** @param counts tasks per node; nodes are named a, b, c … and their zone is the letter before the dash, if any */
function aWorld(counts: Record<string, number>, spec: object = {}, memoryBytes = 2 ** 31): World {
  const service = aService({ spec });
  let slot = 0;
  const tasks = Object.entries(counts).flatMap(([nodeId, count]) =>
    Array.from({ length: count }, () => aTask({ id: `t${++slot}`, slot, nodeId, service })),
  );
  const infos = Object.keys(counts).map((id) => {
    const node = aNode(id, { memoryBytes, labels: { zone: id.split('-')[0] ?? '' } });
    return toNodeInfo(
      node,
      tasks.filter((task) => task.nodeId === id),
    );
  });
  return { sample: aTask({ service }), tasks, infos };
}

function countsAfter({ sample, tasks, infos }: World, limit = Number.POSITIVE_INFINITY): Record<string, number> {
  const counts: Record<string, number> = Object.fromEntries(infos.map(({ node }) => [node.id, 0]));
  const targets = new Map(decideMoves(sample, tasks, infos, { limit, now: NOW }).map(({ task, to }) => [task.id, to]));
  for (const task of tasks) counts[targets.get(task.id) ?? task.nodeId]! += 1;
  return counts;
}

describe('evening out', () => {
  it.each<{ name: string; counts: Record<string, number>; after: Record<string, number> }>([
    { name: 'fills a node that has come back', counts: { a: 3, b: 3, c: 0 }, after: { a: 2, b: 2, c: 2 } },
    { name: 'leaves a spread alone that cannot be better', counts: { a: 2, b: 2, c: 1 }, after: { a: 2, b: 2, c: 1 } },
    { name: 'has nothing to do on one node', counts: { a: 5 }, after: { a: 5 } },
  ])('$name', ({ counts, after }) => {
    expect(countsAfter(aWorld(counts))).toEqual(after);
  });

  it('moves no more than it may', () => {
    expect(countsAfter(aWorld({ a: 6, b: 0 }), 2)).toEqual({ a: 4, b: 2 });
  });

  it('moves the same tasks in whatever order tasks and nodes are told', () => {
    const { sample, tasks, infos } = aWorld({ a: 3, b: 3, c: 0 });
    const movesOf = (ofTasks: Task[], ofInfos: NodeInfo[]): object[] =>
      decideMoves(sample, ofTasks, ofInfos, { limit: 9, now: NOW }).map(({ task, to }) => ({ id: task.id, to }));
    const told = movesOf(tasks, infos);
    expect(told).toHaveLength(2);
    expect(movesOf([...tasks].reverse(), [...infos].reverse())).toEqual(told);
  });

  it('evens out the preferred branches before the nodes in them', () => {
    const world = aWorld({ 'x-1': 2, 'x-2': 2, 'y-1': 0 }, byZone);
    expect(countsAfter(world)).toEqual({ 'x-1': 1, 'x-2': 1, 'y-1': 2 });
  });

  it('leaves tasks where they are when the emptier node has no room', () => {
    const reserving = { taskTemplate: { resources: { reservations: { memoryBytes: 2 ** 30 } } } };
    const world = aWorld({ a: 2, b: 0 }, reserving);
    const full = aNode('b', { memoryBytes: 2 ** 20 });
    const infos = world.infos.map((info) => (info.node.id === 'b' ? toNodeInfo(full, []) : info));
    expect(countsAfter({ ...world, infos })).toEqual({ a: 2, b: 0 });
  });

  const anyCounts = fc.array(fc.nat(6), { minLength: 1, maxLength: 5 });

  it('ends with nodes that differ by one at most, and then has nothing more to do', () => {
    fc.assert(
      fc.property(anyCounts, (list) => {
        const after = countsAfter(aWorld(Object.fromEntries(list.map((count, index) => [`n${index}`, count]))));
        const counts = Object.values(after);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(decideMoves(...(Object.values(aWorld(after)) as [Task, Task[], NodeInfo[]]), { limit: 100, now: NOW })).toEqual(
          [],
        );
      }),
    );
  });

  it('makes as few moves as there are tasks too many', () => {
    fc.assert(
      fc.property(anyCounts, (list) => {
        const { sample, tasks, infos } = aWorld(Object.fromEntries(list.map((count, index) => [`n${index}`, count])));
        const least = Math.floor(tasks.length / list.length);
        const most = Math.ceil(tasks.length / list.length);
        const [over, under] = list.reduce(([o, u], n) => [o + Math.max(0, n - most), u + Math.max(0, least - n)], [0, 0]);
        expect(decideMoves(sample, tasks, infos, { limit: 1_000, now: NOW })).toHaveLength(Math.max(over, under));
      }),
    );
  });

  it('evens out zones and the nodes in them, wherever the tasks are', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.nat(4)), { minLength: 1, maxLength: 6 }), (list) => {
        const counts = Object.fromEntries(list.map(([zone, count], index) => [`${zone}-${index}`, count]));
        const after = countsAfter(aWorld(counts, byZone));
        const zones = new Map<string, number>();
        for (const [id, count] of Object.entries(after)) zones.set(id[0]!, (zones.get(id[0]!) ?? 0) + count);
        expect(Math.max(...zones.values()) - Math.min(...zones.values())).toBeLessThanOrEqual(1);
        expect(
          decideMoves(...(Object.values(aWorld(after, byZone)) as [Task, Task[], NodeInfo[]]), { limit: 100, now: NOW }),
        ).toEqual([]);
      }),
    );
  });
});
