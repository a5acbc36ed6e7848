import { NodeState, TaskState } from '#common/domain';
import { ApiScenario, filters, NODE_ID, spec } from '../testing/api-scenario';

let scenario: ApiScenario;
beforeEach(async () => {
  scenario = await ApiScenario.start();
});
afterEach(() => scenario.stop());

interface EventJson {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  scope: string;
  time: number;
  timeNano: number;
}

/** Everything so far: an `until` in the past ends the answer at once. */
async function events(query = '', since = '1'): Promise<EventJson[]> {
  const until = (Date.now() / 1_000 + 0.001).toFixed(3);
  const { status, text } = await scenario.get(`/events?since=${since}&until=${until}${query && `&${query}`}`);
  expect(status).toBe(200);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EventJson);
}

const told = (list: readonly EventJson[]): string[] =>
  list.map(({ Type, Action, Actor }) => `${Type} ${Action} ${Actor.Attributes['name']}`);

it('what happens to a service is told in Docker’s form', async () => {
  const id = await scenario.createService('web');
  await scenario.updateService('web', {
    ...spec('web', { Mode: { Replicated: { Replicas: 3 } } }),
    TaskTemplate: { ContainerSpec: { Image: 'busybox:2' } },
  });
  await scenario.delete('/services/web');
  const list = await events();
  expect(told(list)).toEqual(['service create web', 'service update web', 'service remove web']);
  expect(list[1]).toMatchObject({
    Actor: {
      ID: id,
      Attributes: { 'replicas.old': '1', 'replicas.new': '3', 'image.old': 'busybox', 'image.new': 'busybox:2' },
    },
    scope: 'swarm',
    time: expect.any(Number),
  });
});

it('each has a time in nanoseconds with all its digits, and one who resumes after it misses none', async () => {
  for (const name of ['a', 'b', 'c']) await scenario.createService(name);
  const { text } = await scenario.get(`/events?since=1&until=${Date.now() / 1_000 + 0.001}`);
  const times = [...text.matchAll(/"timeNano":(\d{19})\}/g)].map(([, digits]) => digits ?? '');
  expect(new Set(times).size).toBe(3);
  const second = times[1] ?? '';
  expect(told(await events('', `${second.slice(0, -9)}.${second.slice(-9)}`))).toEqual(['service create b', 'service create c']);
});

it('nodes, networks, secrets and configs are told of; tasks to those who ask', async () => {
  await scenario.addNode(NODE_ID, { hostname: 'n1', state: NodeState.ready });
  await scenario.post('/networks/create', { Name: 'net', Driver: 'overlay' });
  await scenario.post('/secrets/create', { Name: 's', Data: 'eA==' });
  await scenario.post('/configs/create', { Name: 'c', Data: 'eA==' });
  await scenario.delete('/configs/c');
  const serviceId = await scenario.createService('web');
  await scenario.addTask('task1', serviceId, { state: TaskState.running });
  const list = told(await events());
  expect(list).toEqual(
    expect.arrayContaining(['network create net', 'secret create s', 'config create c', 'config remove c', 'service create web']),
  );
  expect(list.filter((each) => each.startsWith('node'))).not.toEqual([]);
  expect(list.filter((each) => each.startsWith('task'))).toEqual([]);
  expect((await events(filters({ type: ['task'] }))).map(({ Type, Actor }) => `${Type} ${Actor.ID}`)).toContain('task task1');
});

it.each([
  [{ type: ['service'] }, ['service create web']],
  [{ service: { web: true } }, ['service create web']],
  [{ service: ['nobody'] }, []],
  [{ event: ['remove'] }, ['secret remove s']],
  [{ scope: ['local'] }, []],
  [{ container: ['x'] }, []],
  [{ secret: ['s'] }, ['secret create s', 'secret remove s']],
])('filters leave %j', async (filter, expected) => {
  await scenario.createService('web');
  await scenario.post('/secrets/create', { Name: 's', Data: 'eA==' });
  await scenario.delete('/secrets/s');
  expect(told(await events(filters(filter)))).toEqual(expected);
});

it.each([
  [`${filters({ nonsense: ['x'] })}`, "Invalid filter 'nonsense'"],
  ['since=soon', "invalid value 'soon' for since"],
])('%s is refused', async (query, reason) => {
  expect(await scenario.get(`/events?${query}`)).toMatchObject({
    status: 400,
    json: { message: expect.stringContaining(reason) },
  });
});
