import { ApiScenario } from '../testing/api-scenario';

describe('a request while the state of the cluster cannot be seen', () => {
  let scenario: ApiScenario;
  beforeEach(async () => {
    scenario = await ApiScenario.start();
  });
  afterEach(() => scenario.stop());

  it('is answered when the state comes into sight soon', async () => {
    scenario.store.reachable = false;
    const asked = scenario.get('/services');
    setImmediate(() => (scenario.store.reachable = true));
    expect(await asked).toMatchObject({ status: 200, json: [] });
  });

  it('is refused within two seconds when it does not', async () => {
    scenario.store.reachable = false;
    const startedAt = performance.now();
    expect(await scenario.get('/services')).toMatchObject({ status: 503 });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
