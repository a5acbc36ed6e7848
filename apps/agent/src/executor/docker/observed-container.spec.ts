import { toListedContainer, toObservedContainer } from './observed-container';

const ID = 'a'.repeat(64);
const inspected = (state: object, more: object = {}) =>
  toObservedContainer({ Id: ID, State: { Status: 'running', ...state }, ...more });

it.each([
  ['created', 'created'],
  ['running', 'running'],
  ['paused', 'running'],
  ['restarting', 'running'],
  ['exited', 'exited'],
  ['dead', 'exited'],
  ['removing', 'exited'],
])('a container that the engine calls %s is %s', (Status, phase) => expect(inspected({ Status }).phase).toBe(phase));

it.each([
  [{ Health: { Status: 'starting' } }, 'starting'],
  [{ Health: { Status: 'healthy' } }, 'healthy'],
  [{ Health: { Status: 'unhealthy' } }, 'unhealthy'],
  [{ Health: { Status: 'none' } }, 'none'],
  [{}, 'none'],
  [{ Status: 'paused', Health: { Status: 'unhealthy' } }, 'none'],
])('%j has the health %s', (state, health) => expect(inspected(state).health).toBe(health));

it('has a process only while it runs, and an exit code only after', () => {
  expect(inspected({ Pid: 7, ExitCode: 3 })).toMatchObject({ pid: 7, exitCode: 0 });
  expect(inspected({ Status: 'exited', Pid: 7, ExitCode: 3 })).toMatchObject({ pid: 0, exitCode: 3 });
});

it.each([
  ['2026-01-01T00:00:00.5Z', '2026-01-01T00:00:02.123456789Z', 1_623],
  ['0001-01-01T00:00:00Z', '2026-01-01T00:00:02Z', 0],
  ['2026-01-01T00:00:02Z', '2026-01-01T00:00:00Z', 0],
  [undefined, 'soon', 0],
])('one that started at %s and ended at %s ran for %s ms', (StartedAt, FinishedAt, ranMs) => {
  expect(inspected({ Status: 'exited', StartedAt, FinishedAt }).ranMs).toBe(ranMs);
  expect(inspected({ Status: 'running', StartedAt, FinishedAt }).ranMs).toBe(0);
});

it('takes its grace period from its own settings', () => {
  expect(inspected({}, { Config: { StopTimeout: 3 } }).graceMs).toBe(3_000);
  expect(inspected({}, { Config: {} }).graceMs).toBe(10_000);
});

it('lists each bound port once, though the engine binds it for IPv4 and IPv6', () => {
  const Ports = { '80/tcp': [{ HostPort: '8080' }, { HostPort: '8080' }], '53/udp': [{ HostPort: '32768' }], '99/tcp': null };
  expect(inspected({}, { NetworkSettings: { Ports } }).ports).toEqual([
    { name: '', protocol: 'udp', targetPort: 53, publishedPort: 32_768, publishMode: 'host' },
    { name: '', protocol: 'tcp', targetPort: 80, publishedPort: 8_080, publishMode: 'host' },
  ]);
});

it.each([[{}], [{ Id: ID }], [{ State: { Status: 'running' } }]])('refuses %j as an answer', (answer) =>
  expect(() => toObservedContainer(answer)).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' })),
);

describe('an entry of the list', () => {
  const Labels = { 'io.swarmctl.task': 'task', 'io.swarmctl.cluster': 'cluster' };

  it.each([
    ['Up 5 seconds', 'none'],
    ['Up 5 seconds (health: starting)', 'starting'],
    ['Up 2 hours (healthy)', 'healthy'],
    ['Up 2 hours (unhealthy)', 'unhealthy'],
    ['Up 2 hours (Paused)', 'none'],
  ])('with the status "%s" has the health %s', (Status, health) =>
    expect(toListedContainer({ Id: ID, State: 'running', Status, Labels })).toEqual({
      id: ID,
      taskId: 'task',
      clusterId: 'cluster',
      phase: 'running',
      health,
    }),
  );

  it('is nothing to us without our label', () =>
    expect(toListedContainer({ Id: ID, State: 'running', Labels: { 'com.docker.swarm.task.id': 'theirs' } })).toBeUndefined());
});
