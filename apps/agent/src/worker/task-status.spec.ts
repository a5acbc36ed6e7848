import { TaskState } from '#common/domain';
import { aContainer, CONTAINER_ID } from '../testing/a-container';
import { movedStatus, refreshedStatus, restartedStatus, toTimestamp } from './task-status';

const AT = new Date('2026-11-23T05:06:07.123Z');
const PORT = { name: '', protocol: 'tcp', targetPort: 80, publishedPort: 8080, publishMode: 'host' };

it('prints times with nine digits', () => expect(toTimestamp(AT)).toBe('2026-11-23T05:06:07.123000000Z'));

it.each([
  [TaskState.accepted, 'accepted'],
  [TaskState.preparing, 'preparing'],
  [TaskState.ready, 'prepared'],
  [TaskState.starting, 'starting'],
  [TaskState.running, 'started'],
  [TaskState.complete, 'finished'],
  [TaskState.shutdown, 'shutdown'],
])('says of a task that is %s: %s', (state, message) =>
  expect(movedStatus(undefined, { state, at: AT }, 'absent').message).toBe(message),
);

it('says of a running task which container, process and ports it has', () =>
  expect(movedStatus(undefined, { state: TaskState.running, at: AT }, aContainer({ pid: 7, ports: [PORT] }))).toEqual({
    timestamp: '2026-11-23T05:06:07.123000000Z',
    state: TaskState.running,
    message: 'started',
    err: '',
    containerStatus: { containerId: CONTAINER_ID, pid: 7, exitCode: 0 },
    portStatus: { ports: [PORT] },
  }));

it('keeps the words of the state in which a task failed, and says why', () => {
  const running = movedStatus(undefined, { state: TaskState.running, at: AT }, aContainer());
  const failed = movedStatus(
    running,
    { state: TaskState.failed, at: AT, err: 'task: non-zero exit (3)' },
    aContainer({ phase: 'exited', pid: 0, exitCode: 3 }),
  );
  expect(failed).toMatchObject({ message: 'started', err: 'task: non-zero exit (3)', containerStatus: { pid: 0, exitCode: 3 } });
});

it('keeps what was known of a container that cannot be looked at', () => {
  const running = movedStatus(undefined, { state: TaskState.running, at: AT }, aContainer());
  expect(movedStatus(running, { state: TaskState.failed, at: AT }, 'unknown').containerStatus).toEqual(running.containerStatus);
});

describe('a second look', () => {
  const running = movedStatus(undefined, { state: TaskState.running, at: AT }, aContainer({ pid: 7 }));

  it('is worth a report when it shows another process', () =>
    expect(refreshedStatus(running, aContainer({ pid: 8 }))).toEqual({
      ...running,
      containerStatus: { containerId: CONTAINER_ID, pid: 8, exitCode: 0 },
    }));

  it('is worth none when it shows the same', () => expect(refreshedStatus(running, aContainer({ pid: 7 }))).toBeUndefined());
});

describe('a restart that nobody ordered', () => {
  const running = movedStatus(undefined, { state: TaskState.running, at: AT }, aContainer());
  const later = new Date('2026-01-02T00:00:00Z');
  it.each([
    [1, { unhealthy: false, exitCode: 3 }, 'restarted once while no manager could be reached; last exit code 3'],
    [2, { unhealthy: true, exitCode: 0 }, 'restarted 2 times while no manager could be reached; it was unhealthy'],
  ])('is told: number %i after %j', (restarts, last, message) =>
    expect(restartedStatus(running, { restarts, at: later, last }, aContainer({ pid: 43 }))).toMatchObject({
      state: TaskState.running,
      timestamp: '2026-01-02T00:00:00.000000000Z',
      restarts,
      message,
      containerStatus: { pid: 43 },
    }),
  );

  it('is remembered when the task moves on', () =>
    expect(movedStatus({ ...running, restarts: 2 }, { state: TaskState.failed, at: later }, 'absent').restarts).toBe(2));
});
