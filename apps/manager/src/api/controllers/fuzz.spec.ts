import fc from 'fast-check';
import { anyText } from '#common/testing';
import { ApiScenario, spec } from '../testing/api-scenario';

const RUNS = 150;
const LISTS = ['services', 'tasks', 'nodes', 'networks', 'secrets', 'configs'];
const NAMES = [
  'id',
  'name',
  'names',
  'label',
  'mode',
  'node',
  'service',
  'desired-state',
  'role',
  'scope',
  'type',
  'runtime',
  '_up-to-date',
  'x',
];

let scenario: ApiScenario;
beforeEach(async () => {
  scenario = await ApiScenario.start();
  await scenario.createService('web');
  await scenario.post('/secrets/create', { Name: 's', Data: 'eA==' });
  await scenario.post('/configs/create', { Name: 'c', Data: 'eA==' });
});
afterEach(() => scenario.stop());

/** Whatever is asked, it is answered, and not with an error of the manager itself. */
async function isDealtWith(method: string, path: string, body?: unknown): Promise<number> {
  const { status, json } = await scenario.api.request(method, path, { body });
  if (status >= 500 && status !== 501)
    throw new Error(`${method} ${path} ${JSON.stringify(body)} is answered with ${status} ${JSON.stringify(json)}`);
  return status;
}

const values = fc.oneof(fc.array(anyText), fc.dictionary(anyText, fc.boolean()), fc.jsonValue());
const filters = fc.oneof(
  fc.dictionary(fc.constantFrom(...NAMES), values, { maxKeys: 4 }).map((filter) => JSON.stringify(filter)),
  fc.json(),
  anyText,
);

it('any filters of any list', () =>
  fc.assert(
    fc.asyncProperty(fc.constantFrom(...LISTS), filters, async (list, filter) => {
      await isDealtWith('GET', `/${list}?filters=${encodeURIComponent(filter)}`);
    }),
    { numRuns: RUNS },
  ));

it('any filters and times of events', () =>
  fc.assert(
    fc.asyncProperty(filters, anyText, async (filter, since) => {
      const query = new URLSearchParams({ filters: filter, since, until: '1' });
      await isDealtWith('GET', `/events?${query.toString()}`);
    }),
    { numRuns: RUNS },
  ));

it('any booleans and numbers in queries', () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        '/services?status=',
        '/services/web?insertDefaults=',
        '/networks/bridge?verbose=',
        '/services/web/logs?stdout=1&tail=',
        '/services/web/logs?stderr=',
        '/services/web/logs?stdout=1&since=',
      ),
      fc.oneof(anyText, fc.constantFrom('True', 'FALSE', 'none', 'no', '0', '-1', 'NaN', '1e309')),
      async (path, value) => void (await isDealtWith('GET', `${path}${encodeURIComponent(value)}`)),
    ),
    { numRuns: RUNS },
  ));

it('any name of any object', () =>
  fc.assert(
    fc.asyncProperty(fc.constantFrom(...LISTS), anyText, async (list, name) => {
      expect([200, 400, 404]).toContain(await isDealtWith('GET', `/${list}/${encodeURIComponent(name)}`));
    }),
    { numRuns: RUNS },
  ));

it('any image reference', () =>
  fc.assert(
    fc.asyncProperty(fc.oneof(anyText, fc.stringMatching(/^[a-z0-9._:@/-]{0,80}$/)), async (image) => {
      await isDealtWith('POST', '/services/plan', { Name: 'x', TaskTemplate: { ContainerSpec: { Image: image } } });
      await isDealtWith('GET', `/distribution/${encodeURIComponent(image)}/json`).catch(onlyUnreachable);
    }),
    { numRuns: RUNS },
  ));

it('any JSON as a secret, a config, a network, a swarm', () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        '/secrets/create',
        '/configs/create',
        '/networks/create',
        '/swarm/init',
        '/secrets/s/versions',
        '/services/plan',
      ),
      fc.oneof(
        fc.jsonValue(),
        fc.record({ Name: fc.jsonValue(), Data: fc.jsonValue(), Labels: fc.jsonValue(), Driver: fc.jsonValue() }),
      ),
      async (path, body) => void (await isDealtWith('POST', path, JSON.stringify(body))),
    ),
    { numRuns: RUNS },
  ));

it('keys in any letter case say the same', () => {
  const sent = {
    ...spec('cased', { Labels: { KeepMe: 'As It Is' }, Mode: { Replicated: { Replicas: 2 } } }),
    TaskTemplate: {
      ContainerSpec: { Image: 'busybox', Env: ['A=b'], Labels: { Also: 'Kept' }, Healthcheck: { Test: ['NONE'] } },
      Resources: { Limits: { NanoCPUs: 1e9 } },
    },
  };
  return fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.boolean()), async (flips) => {
      await scenario.delete('/services/cased');
      await scenario.post('/services/create', recased(sent, flips));
      const { Spec } = await scenario.inspectService('cased');
      expect(Spec).toMatchObject(sent);
    }),
    { numRuns: 30 },
  );
});

/** The same with letters of its keys in another case, but for those of labels, which are a client's own. */
function recased(value: unknown, flips: Iterator<boolean>): unknown {
  if (Array.isArray(value)) return value.map((item) => recased(item, flips));
  if (typeof value !== 'object' || value === null) return value;
  const flip = (letter: string): string => (flips.next().value ? letter.toUpperCase() : letter.toLowerCase());
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [[...key].map(flip).join(''), key === 'Labels' ? each : recased(each, flips)]),
  );
}

/** There is no registry here, which is nobody's fault. */
function onlyUnreachable(error: unknown): void {
  if (!String(error).includes('there is no registry here')) throw error;
}
