import { NodeState, TaskState } from '#common/domain';
import type { Node, Service, Task } from '#common/proto';
import { aNode, aService, aSnapshot, aTask, countingIds, NOW } from '../../testing/builders';
import { decideService } from '../decide-service';

const { failed, shutdown, running, remove, pending, orphaned } = TaskState;

function deleted(service: Service | undefined, tasks: Task[], nodes?: Node[]): string[] {
  const { changes } = decideService(aSnapshot(service, tasks, nodes), { now: NOW, newId: countingIds('new') });
  return changes.flatMap((change) => (change.kind === 'deleteTask' ? [change.taskId] : []));
}

const anywhere = aService();
const everywhere = aService({ spec: { mode: { global: {} } } });

/** Seven failures of one slot, the oldest with the lowest number. */
const sevenFailures = (service: Service, slot: number, state = failed): Task[] =>
  Array.from({ length: 7 }, (_, i) =>
    aTask({ id: `${slot}.old${i}`, slot, state, desired: shutdown, createdMsAgo: 1_000_000 - i * 1_000, service }),
  );

describe('history', () => {
  it.each([
    { name: 'a slot', service: anywhere, slot: 1 },
    { name: 'a node of a global service', service: everywhere, slot: 0 },
  ])('of $name is five tasks, the present one included', ({ service, slot }) => {
    const present = aTask({ service, slot });
    const nodes = [aNode('a')];
    expect(deleted(service, [...sevenFailures(service, slot), present], nodes)).toEqual(
      ['2', '1', '0'].map((n) => `${slot}.old${n}`),
    );
  });

  it('without a present task is five tasks', () => {
    const service = aService({ spec: { taskTemplate: { restartPolicy: { condition: 'none' } } } });
    expect(deleted(service, sevenFailures(service, 1))).toEqual(['1.old1', '1.old0']);
  });

  it('is as long as the restart policy counts, when that is more', () => {
    const service = aService({ spec: { taskTemplate: { restartPolicy: { maxAttempts: 5 } } } });
    expect(deleted(service, [...sevenFailures(service, 1), aTask({ service })])).toEqual(['1.old0']);
  });

  it('keeps the attempts that the restart policy counts, whatever was moved since', () => {
    const service = aService({ spec: { taskTemplate: { restartPolicy: { maxAttempts: 2 } } } });
    const attempts = [1, 2, 3, 4].map((n) =>
      aTask({ id: `attempt${n}`, state: failed, desired: shutdown, createdMsAgo: 9_000_000 - n, service }),
    );
    const movedOff = [1, 2, 3, 4, 5].map((n) =>
      aTask({ id: `moved${n}`, state: shutdown, desired: shutdown, createdMsAgo: 1_000_000 - n, service }),
    );
    expect(deleted(service, [...attempts, ...movedOff, aTask({ service })])).toEqual(['moved1', 'attempt1']);
  });

  it('counts orphaned tasks like any that have ended', () => {
    expect(deleted(anywhere, [...sevenFailures(anywhere, 1, orphaned), aTask({ service: anywhere })])).toHaveLength(3);
  });

  it('holds no task that never had a node', () => {
    const waited = aTask({ id: 'waited', state: pending, desired: shutdown, nodeId: '' });
    expect(deleted(anywhere, [waited, aTask({ service: anywhere })])).toEqual(['waited']);
  });

  it('goes with the node, for a global service', () => {
    const tasks = sevenFailures(everywhere, 0).map((task) => ({ ...task, desiredState: remove }));
    expect(deleted(everywhere, tasks, [aNode('b')])).toHaveLength(7);
  });
});

describe('a task that is to be forgotten', () => {
  const down = aNode('a', { state: NodeState.down });
  it.each([
    { name: 'waits until it has stopped', task: aTask({ id: 't', desired: remove }), nodes: [aNode('a')], gone: [] },
    { name: 'waits for a node that is down', task: aTask({ id: 't', desired: remove }), nodes: [down], gone: [] },
    { name: 'is gone once orphaned', task: aTask({ id: 't', desired: remove, state: orphaned }), nodes: [down], gone: ['t'] },
    { name: 'is gone with its node', task: aTask({ id: 't', desired: remove, state: running }), nodes: [], gone: ['t'] },
    {
      name: 'is gone if it never had a node',
      task: aTask({ id: 't', desired: remove, state: pending, nodeId: '' }),
      nodes: [],
      gone: ['t'],
    },
  ])('$name', ({ task, nodes, gone }) => {
    expect(deleted(undefined, [task], nodes)).toEqual(gone);
  });
});
