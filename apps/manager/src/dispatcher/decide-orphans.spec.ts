import { ORPHANED_AFTER_MS, TaskState } from '#common/domain';
import type { Node } from '#common/proto';
import { aTask, NOW } from '../testing/builders';
import { decideOrphans, orphanedStatus } from './decide-orphans';

const { assigned, running, ready, pending, complete, failed, shutdown, remove, orphaned } = TaskState;
const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const node = (id: string, downSince?: string): Pick<Node, 'id'> & { downSince: string | undefined } => ({ id, downSince });

describe('tasks on a node that is down', () => {
  it.each([
    { name: 'for a day', downSince: ago(ORPHANED_AFTER_MS), is: [orphaned] },
    { name: 'for a day but a moment', downSince: ago(ORPHANED_AFTER_MS - 1), is: [] },
    { name: 'since a time that the clock here has yet to reach', downSince: ago(-1000), is: [] },
    { name: 'no more', downSince: undefined, is: [] },
  ])('$name: $is', ({ downSince, is }) => {
    const orphans = decideOrphans([node('a', downSince)], [aTask({ nodeId: 'a', desired: shutdown })], NOW);
    expect(orphans.map((orphan) => orphanedStatus(orphan, NOW).state)).toEqual(is);
  });

  it.each([
    { state: assigned, orphans: 1 },
    { state: ready, orphans: 1 },
    { state: running, orphans: 1 },
    { state: pending, orphans: 0 },
    { state: complete, orphans: 0 },
    { state: failed, orphans: 0 },
    { state: orphaned, orphans: 0 },
  ])('of which $state was heard last', ({ state, orphans }) => {
    const tasks = [aTask({ nodeId: 'a', state })];
    expect(decideOrphans([node('a', ago(ORPHANED_AFTER_MS))], tasks, NOW)).toHaveLength(orphans);
  });

  it('leave those on other nodes alone', () => {
    const tasks = [aTask({ nodeId: 'a' }), aTask({ nodeId: 'b' })];
    const orphans = decideOrphans([node('a', ago(ORPHANED_AFTER_MS)), node('b')], tasks, NOW);
    expect(orphans.map(({ task }) => task.nodeId)).toEqual(['a']);
  });
});

describe('tasks on a node that was removed', () => {
  it.each([
    { name: 'are orphaned at once when told to stop', desired: shutdown, orphans: 1 },
    { name: 'are moved elsewhere first', desired: running, orphans: 0 },
    { name: 'are reaped when they are to be forgotten', desired: remove, orphans: 0 },
  ])('$name', ({ desired, orphans }) => {
    expect(decideOrphans([node('b')], [aTask({ nodeId: 'a', desired })], NOW)).toHaveLength(orphans);
  });
});

it('an orphan keeps what was known of its container', () => {
  const task = aTask({ nodeId: 'a', desired: shutdown });
  const known = { ...task, status: { ...task.status!, containerStatus: { containerId: 'c', pid: 1, exitCode: 0 } } };
  expect(orphanedStatus({ task: known, isNodeRemoved: true }, NOW)).toMatchObject({
    state: orphaned,
    timestamp: ago(0),
    appliedAt: ago(0),
    containerStatus: { containerId: 'c' },
    message: 'its node was removed from the cluster',
  });
});
