import { keys } from '#common/store';
import { ApiScenario, ONLY_THE_CLUSTER, spec } from '../testing/api-scenario';

interface ShownRevision {
  Number: number;
  CreatedAt: string;
  Change: { Kind: string; Message: string };
  Spec: { Labels?: Record<string, string>; Mode: { Replicated: { Replicas: number } } };
}

let scenario: ApiScenario;

beforeEach(async () => {
  scenario = await ApiScenario.start();
});

afterEach(() => scenario.stop());

/** The service in its n-th form. */
const form = (n: number, replicas = 1): object =>
  spec('web', { Labels: { form: String(n) }, Mode: { Replicated: { Replicas: replicas } } });

async function history(): Promise<ShownRevision[]> {
  return (await scenario.get('/services/web/history')).json as ShownRevision[];
}

/** The forms of the revisions with their numbers, newest first. */
async function formsByNumber(): Promise<(readonly [number: number, form: string | undefined])[]> {
  return (await history()).map(({ Number, Spec }) => [Number, Spec.Labels?.form] as const);
}

async function update(body: object): Promise<void> {
  expect((await scenario.updateService('web', body)).status).toBe(200);
}

describe('the history of a service', () => {
  beforeEach(async () => {
    await scenario.post('/services/create', form(1));
  });

  it('begins with its creation', async () => {
    expect(await history()).toEqual([
      {
        Number: 1,
        CreatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        Change: { Kind: 'create', Message: '' },
        Spec: expect.objectContaining({ Name: 'web', Labels: { form: '1' } }),
      },
    ]);
  });

  it('has every update as a revision of its own, the newest first', async () => {
    await update(form(2));
    await update(form(3));
    expect(await formsByNumber()).toEqual([
      [3, '3'],
      [2, '2'],
      [1, '1'],
    ]);
    expect((await history()).map(({ Change }) => Change.Kind)).toEqual(['update', 'update', 'create']);
  });

  it('takes a change of the number of replicas for the same revision', async () => {
    const [created] = await history();
    await update(form(1, 6));
    expect(await history()).toMatchObject([
      { Number: 1, CreatedAt: created?.CreatedAt, Change: { Kind: 'create' }, Spec: { Mode: { Replicated: { Replicas: 6 } } } },
    ]);
  });

  it('takes replicas and something else for a new one', async () => {
    await update(form(2, 6));
    expect(await formsByNumber()).toHaveLength(2);
  });

  it('keeps ten: the eleventh pushes out the first, and scaling none', async () => {
    for (let n = 2; n <= 11; n++) await update(form(n));
    expect((await formsByNumber()).map(([number]) => number)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    await update(form(11, 4));
    expect((await formsByNumber()).at(-1)).toEqual([2, '2']);
  });

  it('keeps what a refused update would have pushed out', async () => {
    for (let n = 2; n <= 10; n++) await update(form(n));
    const stale = await scenario.post('/services/web/update?version=1', form(11));
    expect(stale.status).toBe(500);
    expect((await formsByNumber()).at(-1)).toEqual([1, '1']);
  });

  it('goes with the service, and does not come back with another of its name', async () => {
    await update(form(2));
    await scenario.delete('/services/web');
    expect(scenario.store.objects.size).toBe(ONLY_THE_CLUSTER);
    expect(await scenario.get('/services/web/history')).toMatchObject({
      status: 404,
      json: { message: 'service web not found' },
    });
    await scenario.post('/services/create', form(7));
    expect(await formsByNumber()).toEqual([[1, '7']]);
  });

  it('belongs to one service', async () => {
    const id = await scenario.createService('other');
    await update(form(2));
    expect((await scenario.get('/services/other/history')).json).toMatchObject([{ Number: 1, Spec: { Name: 'other' } }]);
    expect(keys.serviceRevisions(id)).toMatch(/\/$/);
  });
});

describe('rolling back', () => {
  beforeEach(async () => {
    await scenario.post('/services/create', form(1));
    await update(form(2));
    await update(form(3, 5));
  });

  const rollBackTo = (to: string): ReturnType<ApiScenario['post']> => scenario.post(`/services/web/rollback?to=${to}`);

  it('to a revision brings its spec back as the newest one, and keeps the replicas', async () => {
    expect(await rollBackTo('1')).toMatchObject({ status: 200, json: { Warnings: null } });
    expect(await scenario.inspectService('web')).toMatchObject({
      Spec: { Labels: { form: '1' }, Mode: { Replicated: { Replicas: 5 } } },
      PreviousSpec: { Labels: { form: '3' } },
    });
    const [newest, ...others] = await history();
    expect(newest).toMatchObject({
      Number: 4,
      Change: { Kind: 'rollback', Message: 'manually requested rollback to revision 1' },
      Spec: { Labels: { form: '1' } },
    });
    expect(others.map(({ Number }) => Number)).toEqual([3, 2, 1]);
  });

  it('to the revision that it has makes no new one', async () => {
    expect((await rollBackTo('3')).status).toBe(200);
    expect(await formsByNumber()).toHaveLength(3);
  });

  it.each(['4', '99'])('to %s, which there is not, says which there are', async (to) => {
    expect(await rollBackTo(to)).toMatchObject({
      status: 404,
      json: { message: `service web has no revision ${to}: it has 1 to 3` },
    });
  });

  it('to a revision that is no longer kept says which there are', async () => {
    for (let n = 4; n <= 12; n++) await update(form(n));
    expect(await rollBackTo('2')).toMatchObject({
      status: 404,
      json: { message: 'service web has no revision 2: it has 3 to 12' },
    });
  });

  it.each(['', '0', '-1', '1.5', 'x', '99999999999999999999'])('refuses the number "%s"', async (to) => {
    expect(await rollBackTo(to)).toMatchObject({
      status: 400,
      json: { message: `invalid value '${to}' for to: must be a whole number from 1` },
    });
  });

  it('refuses a revision whose published port is taken by now', async () => {
    const ports = { EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 8080 }] } };
    await update({ ...form(4), ...ports });
    await update(form(5));
    await scenario.createService('other', ports);
    expect(await rollBackTo('4')).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining("port '8080' is already in use by service 'other'") },
    });
    expect(await formsByNumber()).toHaveLength(5);
  });

  it("in Docker's way swaps the two specs and their replicas, and says that somebody asked for it", async () => {
    expect((await scenario.updateService('web', undefined, '&rollback=previous')).status).toBe(200);
    expect(await scenario.inspectService('web')).toMatchObject({
      Spec: { Labels: { form: '2' }, Mode: { Replicated: { Replicas: 1 } } },
      PreviousSpec: { Labels: { form: '3' } },
    });
    expect((await history())[0]).toMatchObject({
      Number: 4,
      Change: { Kind: 'rollback', Message: 'manually requested rollback' },
      Spec: { Labels: { form: '2' } },
    });
    await scenario.updateService('web', undefined, '&rollback=previous');
    expect((await scenario.inspectService('web')).Spec.Labels).toEqual({ form: '3' });
  });

  it('lets one of many that go to different revisions win, and tells the others to try again', async () => {
    const answers = await Promise.all(['1', '2', '1', '2'].map(rollBackTo));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(1);
    expect(statuses.every((status) => status === 200 || status === 500)).toBe(true);
    const numbers = (await history()).map(({ Number }) => Number);
    expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
