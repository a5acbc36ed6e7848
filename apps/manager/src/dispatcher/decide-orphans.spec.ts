import { ORPHANED_AFTER_MS, TaskState } from '#common/domain';
import { aTask, NOW } from '../testing/builders';
import { decideOrphans, orphanedStatus, type SeenNode } from './decide-orphans';

const { assigned, running, ready, pending, complete, failed, shutdown, remove, orphaned } = TaskState;
const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const node = (id: string, downMs?: number): SeenNode => ({ id, downMs });

describe('tasks on a node that is down', () => {
  it.each([
    { name: 'for a day', downMs: ORPHANED_AFTER_MS, is: [orphaned] },
    { name: 'for a day but a moment', downMs: ORPHANED_AFTER_MS - 1, is: [] },
    { name: 'no more', downMs: undefined, is: [] },
  ])('$name: $is', ({ downMs, is }) => {
    const orphans = decideOrphans([node('a', downMs)], [aTask({ nodeId: 'a', desired: shutdown })]);
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
    expect(decideOrphans([node('a', ORPHANED_AFTER_MS)], tasks)).toHaveLength(orphans);
  });

  it('leave those on other nodes alone', () => {
    const tasks = [aTask({ nodeId: 'a' }), aTask({ nodeId: 'b' })];
    const orphans = decideOrphans([node('a', ORPHANED_AFTER_MS), node('b')], tasks);
    expect(orphans.map(({ task }) => task.nodeId)).toEqual(['a']);
  });
});

describe('tasks on a node that was removed', () => {
  it.each([
    { name: 'are orphaned at once when told to stop', desired: shutdown, orphans: 1 },
    { name: 'are moved elsewhere first', desired: running, orphans: 0 },
    { name: 'are reaped when they are to be forgotten', desired: remove, orphans: 0 },
  ])('$name', ({ desired, orphans }) => {
    expect(decideOrphans([node('b')], [aTask({ nodeId: 'a', desired })])).toHaveLength(orphans);
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
