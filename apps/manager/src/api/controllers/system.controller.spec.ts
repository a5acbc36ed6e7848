import { NodeRole } from '#common/domain';
import { ApiScenario, MANAGER_ID, NODE_ID } from '../testing/api-scenario';
import { NO_MEMBERSHIP } from '../testing/start-api';

let scenario: ApiScenario;

beforeEach(async () => {
  scenario = await ApiScenario.start();
});

afterEach(() => scenario.stop());

describe('the manager itself', () => {
  it('shows the node beside it as its own', async () => {
    await scenario.addManager();
    await scenario.addNode(NODE_ID, { hostname: 'one', role: NodeRole.manager, besideManager: true });
    expect((await scenario.get('/info')).json).toMatchObject({
      Name: 'manager-host',
      ServerVersion: '9.9.9',
      Swarm: {
        NodeID: NODE_ID,
        NodeAddr: '10.0.0.1',
        LocalNodeState: 'active',
        ControlAvailable: true,
        RemoteManagers: [{ NodeID: NODE_ID, Addr: '10.0.0.1:2377' }],
        Nodes: 1,
        Managers: 1,
        Cluster: { ID: 'cluster000000000000000000' },
      },
    });
    expect((await scenario.get('/swarm')).json).toMatchObject({ ID: 'cluster000000000000000000' });
  });

  it('goes by its own id while no agent runs beside it', async () => {
    expect((await scenario.get('/info')).json).toMatchObject({ Swarm: { NodeID: MANAGER_ID, Nodes: 0 } });
  });

  it('tells its version', async () => {
    expect((await scenario.get('/version')).json).toMatchObject({
      Version: '9.9.9',
      ApiVersion: '1.41',
      MinAPIVersion: '1.24',
      Os: 'linux',
      Arch: 'amd64',
    });
  });

  it('shows its figures', async () => {
    expect(await scenario.get('/metrics')).toMatchObject({
      status: 200,
      text: 'up 1\n',
      headers: { 'content-type': expect.stringContaining('text/plain') },
    });
  });
});

describe('while this manager is locked', () => {
  const unlocked: string[] = [];
  let locked: ApiScenario;
  beforeEach(async () => {
    const standing = (): 'manager' | 'locked' => (unlocked.includes('good') ? 'manager' : 'locked');
    const unlock = (key: string): void => void unlocked.push(key);
    locked = await ApiScenario.start({ membership: { ...NO_MEMBERSHIP, standing, unlock } });
    unlocked.length = 0;
  });
  afterEach(() => locked.stop());

  it('says so in its state', async () => {
    expect((await locked.get('/info')).json).toMatchObject({
      Swarm: {
        NodeID: '',
        NodeAddr: '10.0.0.1',
        LocalNodeState: 'locked',
        ControlAvailable: false,
        Error: expect.stringContaining('unlocked'),
      },
    });
    expect((await locked.get('/_ping')).headers.swarm).toBe('locked');
    expect(await locked.get('/readyz')).toMatchObject({
      status: 503,
      json: { reasons: [expect.stringContaining('needs to be unlocked')] },
    });
  });

  it.each(['/services', '/nodes', '/tasks', '/secrets', '/configs', '/swarm', '/swarm/unlockkey'])('refuses %s', async (path) => {
    expect(await locked.get(path)).toMatchObject({
      status: 503,
      json: { message: expect.stringContaining('Please use "docker swarm unlock" to unlock it.') },
    });
  });

  it('refuses to make, show or remove a network of the cluster', async () => {
    const network = { Name: 'net', Driver: 'overlay' };
    unlocked.push('good');
    expect((await locked.post('/networks/create', network)).status).toBe(201);
    unlocked.length = 0;
    expect((await locked.post('/networks/create', { ...network, Name: 'other' })).status).toBe(503);
    expect((await locked.get('/networks/net')).status).toBe(503);
    expect((await locked.delete('/networks/net')).status).toBe(503);
    expect((await locked.get('/networks')).text).not.toContain('"net"');
    unlocked.push('good');
    expect((await locked.get('/networks/net')).status).toBe(200);
  });

  it('refuses to begin a cluster anew over the one that it waits for', async () => {
    expect((await locked.post('/swarm/init', { ForceNewCluster: true })).status).toBe(503);
  });

  it('is unlocked with what the client says', async () => {
    expect((await locked.post('/swarm/unlock', { unlockkey: 'good' })).status).toBe(200);
    expect(unlocked).toEqual(['good']);
    expect((await locked.get('/services')).status).toBe(200);
  });

  it.each([
    ['[]', 400],
    ['{"UnlockKey": 1}', 400],
    ['{', 400],
  ])('takes no key out of %s', async (body, status) => {
    expect((await locked.api.request('POST', '/swarm/unlock', { body })).status).toBe(status);
    expect(unlocked).toEqual([]);
  });
});

describe('while etcd is away', () => {
  beforeEach(() => {
    scenario.store.reachable = false;
  });

  // Asked at the same time, since each is patient for a while.
  it('whatever is asked for says so', async () => {
    const paths = ['/services', '/services/web', '/tasks', '/nodes', '/swarm'];
    const answers = await Promise.all(paths.map(async (path) => [path, await scenario.get(path)] as const));
    for (const [path, answer] of answers) {
      expect([path, answer]).toMatchObject([path, { status: 503, json: { message: expect.stringContaining('etcd') } }]);
    }
  });

  it('the process is alive but not ready', async () => {
    expect(await scenario.get('/healthz')).toMatchObject({ status: 200, json: { status: 'ok' } });
    expect(await scenario.get('/readyz')).toMatchObject({
      status: 503,
      json: { status: 'not ready', reasons: [expect.stringContaining('etcd')] },
    });
    expect((await scenario.get('/info')).json).toMatchObject({
      Swarm: { LocalNodeState: 'error', Error: expect.stringContaining('etcd') },
    });
  });

  it('a request is answered when it comes back soon', async () => {
    const asked = scenario.get('/services');
    setImmediate(() => (scenario.store.reachable = true));
    expect(await asked).toMatchObject({ status: 200, json: [] });
  });

  it('and when it comes back, so do the answers', async () => {
    scenario.store.reachable = true;
    expect((await scenario.get('/services')).status).toBe(200);
    expect(await scenario.get('/readyz')).toMatchObject({ status: 200, json: { status: 'ready', reasons: [] } });
  });
});
