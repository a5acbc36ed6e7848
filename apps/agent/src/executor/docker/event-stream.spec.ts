import { toContainerEvent } from './event-stream';

const ID = 'a'.repeat(64);
const Attributes = { 'io.swarmctl.task': 'task', 'io.swarmctl.cluster': 'cluster' };
const subject = { taskId: 'task', clusterId: 'cluster', containerId: ID };

it.each([
  ['create', { kind: 'phase', ...subject, phase: 'created' }],
  ['start', { kind: 'phase', ...subject, phase: 'running' }],
  ['die', { kind: 'phase', ...subject, phase: 'exited' }],
  ['destroy', { kind: 'phase', ...subject, phase: 'absent' }],
  ['health_status: healthy', { kind: 'health', ...subject, health: 'healthy' }],
  ['health_status: unhealthy', { kind: 'health', ...subject, health: 'unhealthy' }],
  ['exec_start: sh', undefined],
])('understands %s', (Action, event) => expect(toContainerEvent({ Action, Actor: { ID, Attributes } })).toEqual(event));

it.each([[{}], [{ Action: 'die' }], [{ Action: 'die', Actor: { ID } }], [{ Action: 'die', Actor: { Attributes } }]])(
  'ignores %j',
  (event) => expect(toContainerEvent(event)).toBeUndefined(),
);
