import { TaskState } from '#common/domain';
import type { GenericResource, Task } from '#common/proto';
import { aTask } from '../testing/builders';
import { anInfo, discrete, named, placing, serviceOf, waiting } from './testing/placing';

const asking = (...genericResources: GenericResource[]) =>
  serviceOf('web', { resources: { reservations: { genericResources } } });

const holder = (claims: GenericResource[], options: Parameters<typeof aTask>[0] = {}): Task => ({
  ...aTask({ nodeId: 'a', service: serviceOf('other'), ...options }),
  genericResources: claims,
});

function given(tasks: Task[], has: GenericResource[], there: Task[] = []): GenericResource[][] {
  return placing(tasks, [anInfo('a', { genericResources: has }, there)]).placed.map(({ genericResources }) => genericResources);
}

describe('a task that asks for a number of a kind', () => {
  it('is given names where the node has names, in their order', () => {
    expect(given(waiting(asking(discrete('gpu', 2)), 3), named('gpu', 'g2', 'g1', 'g3', 'g4', 'g5'))).toEqual([
      named('gpu', 'g2', 'g1'),
      named('gpu', 'g3', 'g4'),
    ]);
  });

  it('is given a number where the node has a number', () => {
    expect(given(waiting(asking(discrete('fpga', 2)), 3), [discrete('fpga', 5)])).toEqual([
      [discrete('fpga', 2)],
      [discrete('fpga', 2)],
    ]);
  });

  it('is given each of several kinds, and what is asked for twice is added up', () => {
    const service = asking(discrete('gpu', 1), discrete('fpga', 1), discrete('gpu', 1));
    expect(given(waiting(service), [discrete('fpga', 1), ...named('gpu', 'g1', 'g2')])).toEqual([
      [...named('gpu', 'g1', 'g2'), discrete('fpga', 1)],
    ]);
    expect(given(waiting(service), [discrete('fpga', 1), ...named('gpu', 'g1')])).toEqual([]);
  });

  it('is given nothing when it asks for none', () => {
    expect(given(waiting(serviceOf('web')), [discrete('fpga', 1)])).toEqual([[]]);
  });

  it.each([
    { name: 'runs', options: {}, gets: ['g2'] },
    { name: 'is told to stop but has not', options: { desired: TaskState.shutdown }, gets: ['g2'] },
    { name: 'has ended', options: { desired: TaskState.shutdown, state: TaskState.shutdown }, gets: ['g1', 'g2'] },
  ])('gets of what a task holds that $name: $gets', ({ options, gets }) => {
    const there = holder(named('gpu', 'g1'), options);
    const tasks = waiting(asking(discrete('gpu', 1)), 2);
    expect(given(tasks, named('gpu', 'g1', 'g2'), [there])).toEqual(gets.map((value) => named('gpu', value)));
  });

  it('finds nothing where more is claimed than the node has now', () => {
    expect(given(waiting(asking(discrete('fpga', 1))), [discrete('fpga', 1)], [holder([discrete('fpga', 3)])])).toEqual([]);
  });
});
