import { Readable } from 'node:stream';
import type { ContainerEvent } from '../executor';
import type { EngineApi } from './engine-api';
import { toContainerEvent, watchContainers } from './event-stream';

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

describe('the stream', () => {
  const engineWith = (getEvents: EngineApi['getEvents']) => ({ getEvents }) as EngineApi;
  const lines = JSON.stringify({ Action: 'die', Actor: { ID, Attributes } });
  const heard: ContainerEvent[] = [];
  const listen = async (engine: EngineApi, signal = new AbortController().signal) => {
    for await (const event of watchContainers(engine, 'node', signal)) heard.push(event);
  };
  beforeEach(() => (heard.length = 0));

  it('says first that it listens, and is an error when it ends', async () => {
    await expect(listen(engineWith(async () => Readable.from([`${lines}\n`])))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(heard).toEqual([{ kind: 'listening' }, { kind: 'phase', ...subject, phase: 'exited' }]);
  });

  it('is an error when the engine is away', async () => {
    const away = engineWith(() => Promise.reject(new Error('connect ECONNREFUSED')));
    await expect(listen(away)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(heard).toEqual([]);
  });

  it('ends quietly when nobody wants it any longer', async () => {
    const stopping = new AbortController();
    stopping.abort();
    await listen(
      engineWith(() => Promise.reject(new Error('aborted'))),
      stopping.signal,
    );
    expect(heard).toEqual([]);
  });
});
