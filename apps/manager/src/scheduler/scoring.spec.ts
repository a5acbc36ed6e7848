import { TaskState } from '#common/domain';
import type { Task } from '#common/proto';
import { aService, aTask, NOW } from '../testing/builders';
import { anInfo, placing, serviceOf, waiting } from './testing/placing';

const web = serviceOf('web');
const other = serviceOf('other');
const GIB = 2 ** 30;

function chosen(tasks: Task[], infos: Parameters<typeof placing>[1]): string | undefined {
  return placing(tasks, infos).placed[0]?.nodeId;
}

/** Ended tasks of web on node a. */
function failed(count: number, { msAgo = 60_000, version = 1, state = TaskState.failed } = {}): Task[] {
  const service = { ...web, version: { index: version } };
  const timestamp = new Date(NOW - msAgo).toISOString();
  return Array.from({ length: count }, (_, slot) => {
    const task = aTask({ slot, nodeId: 'a', state, desired: TaskState.shutdown, service });
    return { ...task, status: { ...task.status!, timestamp } };
  });
}

describe('a node on which the version keeps failing', () => {
  const busy = [1, 2, 3].map((slot) => aTask({ slot, nodeId: 'b', service: web }));

  it.each([
    { name: 'three failures', history: failed(3), goesTo: 'b' },
    { name: 'three rejections', history: failed(3, { state: TaskState.rejected }), goesTo: 'b' },
    { name: 'two failures', history: failed(2), goesTo: 'a' },
    { name: 'failures of five minutes ago', history: failed(3, { msAgo: 5 * 60_000 }), goesTo: 'a' },
    { name: 'failures of another version', history: failed(3, { version: 2 }), goesTo: 'a' },
    { name: 'tasks that were stopped', history: failed(3, { state: TaskState.shutdown }), goesTo: 'a' },
  ])('with $name: the next task goes to $goesTo, however full that is', ({ history, goesTo }) => {
    expect(chosen(waiting(web), [anInfo('a', {}, history), anInfo('b', {}, busy)])).toBe(goesTo);
  });

  it('is taken all the same when there is no other', () => {
    expect(chosen(waiting(web), [anInfo('a', {}, failed(9))])).toBe('a');
  });

  it('is no worse for another service', () => {
    expect(chosen(waiting(other), [anInfo('a', {}, failed(9)), anInfo('b', {}, busy)])).toBe('a');
  });
});

describe('of nodes with as many tasks of the service', () => {
  const holding = (nodeId: string, nanoCpus: number, memoryBytes: number, count = 1): Task[] => {
    const spec = { name: 'other', taskTemplate: { resources: { reservations: { nanoCpus, memoryBytes } } } };
    return Array.from({ length: count }, (_, slot) =>
      aTask({ slot, nodeId, service: { ...aService({ spec }), id: 'other-id' } }),
    );
  };
  const size = { nanoCpus: 10e9, memoryBytes: 10 * GIB };

  it.each([
    { name: 'less cpu reserved', a: holding('a', 5e9, 0), b: holding('b', 1e9, 0, 3), goesTo: 'b' },
    { name: 'less memory reserved', a: holding('a', 0, 5 * GIB), b: holding('b', 0, GIB, 3), goesTo: 'b' },
    { name: 'the lower maximum of both', a: holding('a', 6e9, 0), b: holding('b', 5e9, 5 * GIB), goesTo: 'b' },
    { name: 'fewer tasks, within a tenth of the node', a: holding('a', 2.2e9, 0), b: holding('b', 1e9, 0, 2), goesTo: 'a' },
  ])('the one with $name is taken', ({ a, b, goesTo }) => {
    expect(chosen(waiting(web), [anInfo('a', size, a), anInfo('b', size, b)])).toBe(goesTo);
  });
});
