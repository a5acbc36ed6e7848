import { TaskState } from '#common/domain';
import { ApiScenario, filters, NODE_ID, OTHER_NODE_ID } from '../testing/api-scenario';

let scenario: ApiScenario;

beforeEach(async () => {
  scenario = await ApiScenario.start({
    explainTask: () => [
      { nodeId: NODE_ID, admitted: true },
      { nodeId: OTHER_NODE_ID, admitted: false, filter: 'ready', reason: 'it is drained' },
    ],
  });
});

afterEach(() => scenario.stop());

const idsIn = (json: unknown) => (json as { ID: string }[]).map(({ ID }) => ID).sort();

describe('listing tasks', () => {
  it('narrows tasks down', async () => {
    const web = await scenario.createService('web');
    const db = await scenario.createService('db');
    await scenario.addNode(NODE_ID, { hostname: 'one' });
    await scenario.addNode(OTHER_NODE_ID, { hostname: 'two' });
    const { Version } = await scenario.inspectService('web');
    await scenario.addTask('task00000000000000000000a', web, { state: TaskState.running, serviceVersion: Version.Index });
    await scenario.addTask('task00000000000000000000b', web, { state: TaskState.failed, nodeId: OTHER_NODE_ID });
    await scenario.addTask('task00000000000000000000c', db, { state: TaskState.running });
    const list = async (value: object) =>
      idsIn((await scenario.get(`/tasks?${filters(value)}`)).json)
        .map((id) => id.slice(-1))
        .join('');

    expect(await list({ service: ['web'] })).toBe('ab');
    expect(await list({ service: [web, 'db'] })).toBe('abc');
    expect(await list({ service: { web: true }, '_up-to-date': { true: true } })).toBe('a');
    expect(await list({ node: ['two'] })).toBe('b');
    expect(await list({ node: ['one'], service: ['db'] })).toBe('c');
    expect(await list({ 'desired-state': ['running'] })).toBe('abc');
    expect(await list({ 'desired-state': ['shutdown'] })).toBe('');
    expect(await list({ label: ['stack=st'] })).toBe('abc');
    expect(await list({ id: ['task00000000000000000000c'] })).toBe('c');
    expect(await list({ name: ['web.1.task00000000000000000000a'] })).toBe('a');
    expect(await scenario.get(`/tasks?${filters({ service: ['nope'] })}`)).toMatchObject({
      status: 404,
      json: { message: 'service nope not found' },
    });
  });
});

describe('explaining a task', () => {
  it('tells what each node says to it, and why it is wanted as it is', async () => {
    await scenario.addNode(NODE_ID, { hostname: 'one' });
    await scenario.addNode(OTHER_NODE_ID, { hostname: 'two' });
    await scenario.addTask('task00000000000000000000a', 'web', { state: TaskState.pending, nodeId: '' });
    expect((await scenario.get('/tasks/task00000000000000000000a/explain')).json).toEqual({
      TaskID: 'task00000000000000000000a',
      Nodes: [
        { NodeID: NODE_ID, Hostname: 'one', Admitted: true },
        { NodeID: OTHER_NODE_ID, Hostname: 'two', Admitted: false, Filter: 'ready', Reason: 'it is drained' },
      ],
      Desired: { State: 'running' },
      Failures: 0,
      Restarts: 0,
    });
    expect((await scenario.get('/tasks/nope/explain')).status).toBe(404);
  });
});

describe('a task named by its slot', () => {
  it('is the one that fills the slot now, the newer of two', async () => {
    await scenario.addTask('task00000000000000000000a', 'web', { createdAt: '2026-01-01T00:00:01Z' });
    await scenario.addTask('task00000000000000000000b', 'web', { createdAt: '2026-01-01T00:00:02Z' });
    const gone = { createdAt: '2026-01-01T00:00:03Z', desiredState: TaskState.shutdown };
    await scenario.addTask('task00000000000000000000c', 'web', gone);
    expect((await scenario.get('/tasks/web.1')).json).toMatchObject({ ID: 'task00000000000000000000b' });
    expect((await scenario.get('/tasks/web.2')).status).toBe(404);
  });
});
