import { NodeRole, NodeState } from '#common/domain';
import { DomainError } from '#common/errors';
import { ApiScenario, NODE_ID, OTHER_NODE_ID } from '../testing/api-scenario';

let scenario: ApiScenario;

beforeEach(async () => {
  scenario = await ApiScenario.start();
});

afterEach(() => scenario.stop());

describe('nodes', () => {
  const worker = { Role: 'worker', Availability: 'active' };

  async function updateNode(term: string, body: unknown) {
    const { json } = await scenario.get(`/nodes/${term}`);
    return scenario.post(`/nodes/${term}/update?version=${(json as { Version: { Index: number } }).Version.Index}`, body);
  }

  it('are found by hostname and keep the spec that is sent', async () => {
    await scenario.addNode(NODE_ID, { hostname: 'one' });
    expect(await updateNode('one', { Role: 'WORKER', Availability: 'DRAIN', Labels: { zone: 'a' } })).toMatchObject({
      status: 200,
      text: '',
    });
    expect((await scenario.get('/nodes/one')).json).toMatchObject({
      ID: NODE_ID,
      CreatedAt: '2026-01-01T00:00:00Z',
      Spec: { Role: 'worker', Availability: 'drain', Labels: { zone: 'a' } },
      Description: { Hostname: 'one' },
      Status: { State: 'ready', Addr: '10.0.0.1' },
    });
  });

  it.each([
    ['no role', { Availability: 'active' }, 'invalid Role: ""'],
    ['an unknown role', { ...worker, Role: 'zz' }, 'invalid Role: "zz"'],
    ['no availability', { Role: 'worker' }, 'invalid Availability: ""'],
    ['an unknown availability', { ...worker, Availability: 'zz' }, 'invalid Availability: "zz"'],
  ])('refuse %s', async (_what, body, message) => {
    await scenario.addNode(NODE_ID, { hostname: 'one' });
    expect(await updateNode('one', body)).toMatchObject({ status: 400, json: { message } });
  });

  it('refuse a stale version', async () => {
    await scenario.addNode(NODE_ID, { hostname: 'one' });
    expect(await scenario.post('/nodes/one/update?version=1', worker)).toMatchObject({
      status: 500,
      json: { message: 'rpc error: code = Unknown desc = update out of sequence' },
    });
  });

  it('keep at least one manager', async () => {
    await scenario.addManager();
    await scenario.addNode(NODE_ID, { hostname: 'one', role: NodeRole.manager, besideManager: true });
    expect(await updateNode('one', worker)).toMatchObject({
      status: 400,
      json: { message: 'rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm' },
    });
    await scenario.addNode(OTHER_NODE_ID, { hostname: 'two', role: NodeRole.manager });
    expect((await updateNode('one', worker)).status).toBe(200);
  });

  it('go when they are down, or by force, but not while they manage', async () => {
    await scenario.addManager();
    await scenario.addNode(NODE_ID, { hostname: 'one', role: NodeRole.manager, besideManager: true });
    await scenario.addNode(OTHER_NODE_ID, { hostname: 'two' });
    const remove = (path: string) => scenario.delete(path);
    expect(await remove('/nodes/two')).toMatchObject({
      status: 400,
      json: { message: `rpc error: code = FailedPrecondition desc = node ${OTHER_NODE_ID} is not down and can't be removed` },
    });
    expect((await remove('/nodes/one?force=1')).text).toContain('must be demoted to worker before removal');
    expect((await remove('/nodes/two?force=True')).status).toBe(200);
    expect((await remove('/nodes/two')).status).toBe(404);
    await scenario.addNode(OTHER_NODE_ID, { hostname: 'two', state: NodeState.down });
    expect((await remove('/nodes/two')).status).toBe(200);
  });

  it('may not come back once removed', async () => {
    await scenario.addNode(OTHER_NODE_ID, { hostname: 'two', state: NodeState.down });
    expect(scenario.store.view.wasRemoved(OTHER_NODE_ID)).toBe(false);
    await scenario.delete('/nodes/two');
    expect(scenario.store.view.wasRemoved(OTHER_NODE_ID)).toBe(true);
  });

  it('stay when they come back at the moment of their removal', async () => {
    await scenario.addNode(OTHER_NODE_ID, { hostname: 'two', state: NodeState.down });
    scenario.store.objects.failure = new DomainError('ABORTED', 'the status has been written since');
    expect(await scenario.delete('/nodes/two')).toMatchObject({
      status: 400,
      json: { message: `rpc error: code = FailedPrecondition desc = node ${OTHER_NODE_ID} is not down and can't be removed` },
    });
  });

  it('that share a hostname have to be told apart', async () => {
    await scenario.addNode(NODE_ID, { hostname: 'one' });
    await scenario.addNode(OTHER_NODE_ID, { hostname: 'one' });
    expect(await scenario.get('/nodes/one')).toMatchObject({
      status: 400,
      json: { message: 'node one is ambiguous (2 matches found)' },
    });
  });
});
