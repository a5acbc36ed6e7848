import { ApiScenario, filters } from '../testing/api-scenario';

let scenario: ApiScenario;

beforeEach(async () => {
  scenario = await ApiScenario.start();
});

afterEach(() => scenario.stop());

describe('what is not there yet', () => {
  it.each([
    '/containers/x/json',
    '/images/a/b:1/json',
    '/networks/x',
    '/volumes/x',
    '/plugins/x/json',
    '/tasks/x',
    '/nodes/x',
    '/services/x',
  ])('is not found (%s)', async (path) => {
    expect(await scenario.get(path)).toMatchObject({ status: 404, json: { message: expect.stringMatching(/x|a\/b:1/) } });
  });

  it.each(['/plugins', '/containers/json', '/images/json'])('is an empty list (%s)', async (path) => {
    expect(await scenario.get(path)).toMatchObject({ status: 200, json: [] });
  });

  it.each([['POST', '/containers/create']])('says so (%s %s)', async (method, path) => {
    expect(await scenario.api.request(method, path)).toMatchObject({
      status: 501,
      json: { message: `${method} ${path} is not available on this manager yet` },
    });
  });

  it('does not hide the networks of every engine', async () => {
    expect(await scenario.get('/networks/host?scope=swarm')).toMatchObject({
      status: 200,
      json: { Id: 'host', Scope: 'swarm', Driver: 'host' },
    });
    expect((await scenario.get(`/networks?${filters({ name: ['bridge'] })}`)).json).toMatchObject([{ Name: 'bridge' }]);
    expect((await scenario.get(`/networks?${filters({ label: ['a'] })}`)).json).toEqual([]);
  });
});
