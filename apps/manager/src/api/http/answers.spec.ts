import { DomainError } from '#common/errors';
import { ApiScenario, spec } from '../testing/api-scenario';

let scenario: ApiScenario;

beforeEach(async () => {
  scenario = await ApiScenario.start();
});

afterEach(() => scenario.stop());

describe('every answer', () => {
  it.each([
    ['GET', '/_ping', 200],
    ['GET', '/v1.41/services', 200],
    ['GET', '/services/nope', 404],
    ['GET', '/nope', 404],
    ['GET', '/v1.99/services', 400],
  ])('carries Docker’s headers (%s %s)', async (method, path, status) => {
    const answer = await scenario.api.request(method, path);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({ 'api-version': '1.41', ostype: 'linux', server: 'Docker/9.9.9 (linux)' });
    expect(answer.headers).not.toHaveProperty('x-powered-by');
  });

  it.each(['/services', '/services/nope', '/nope', '/info', '/v1.1/x'])(
    'with JSON has a Content-Type without charset (%s)',
    async (path) => {
      expect((await scenario.get(path)).headers['content-type']).toBe('application/json');
    },
  );

  it('to a ping says what this is', async () => {
    const answer = await scenario.get('/_ping');
    expect(answer.text).toBe('OK');
    expect(answer.headers).toMatchObject({ swarm: 'active/manager', 'docker-experimental': 'false', pragma: 'no-cache' });
    const head = await scenario.api.request('HEAD', '/_ping');
    expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': '0' } });
  });

  it.each([
    ['GET', '/nope'],
    ['PUT', '/services/x'],
    ['PATCH', '/services'],
    ['GET', '/vabc/services'],
  ])('to a path that there is not is 404 (%s %s)', async (method, path) => {
    expect(await scenario.api.request(method, path)).toMatchObject({ status: 404, json: { message: 'page not found' } });
  });

  it('to a path that cannot be decoded is 400', async () => {
    expect((await scenario.get('/services/%E0%A4%A')).status).toBe(400);
  });

  it('hides what nobody foresaw, and names the request in the log', async () => {
    scenario.store.objects.failure = new Error('the inner workings');
    const answer = await scenario.post('/services/create', spec('web'));
    expect(answer.status).toBe(500);
    expect(answer.text).toMatch(/internal error, logged by the manager as request [0-9a-f-]{36}/);
    expect(answer.text).not.toContain('inner workings');
  });
});

it.each([
  ['UNAVAILABLE', 503],
  ['DEADLINE_EXCEEDED', 503],
  ['RESOURCE_EXHAUSTED', 503],
  ['TOO_LARGE', 413],
] as const)('a store that answers %s makes the answer %d', async (code, status) => {
  scenario.store.objects.failure = new DomainError(code, 'why it failed');
  expect(await scenario.post('/services/create', spec('web'))).toMatchObject({ status, json: { message: 'why it failed' } });
});
