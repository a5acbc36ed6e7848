import { keys } from '#common/store';
import { ApiScenario, filters, spec, type InspectedService } from '../testing/api-scenario';
import { testVault } from '#common/testing';

let scenario: ApiScenario;
beforeEach(async () => {
  scenario = await ApiScenario.start();
});
afterEach(() => scenario.stop());

type Kind = 'secret' | 'config';
const KINDS: readonly Kind[] = ['secret', 'config'];
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const create = async (kind: Kind, name: string, fields: object = {}): Promise<string> => {
  const { status, json } = await scenario.post(`/${kind}s/create`, { Name: name, Data: base64('value'), ...fields });
  expect(status).toBe(201);
  return (json as { ID: string }).ID;
};
const refer = (kind: Kind, id: string, target = 'x'): object => {
  const reference =
    kind === 'secret'
      ? { Secrets: [{ SecretID: id, SecretName: 'db', File: { Name: target } }] }
      : { Configs: [{ ConfigID: id, ConfigName: 'db', File: { Name: target } }] };
  return { TaskTemplate: { ContainerSpec: { Image: 'busybox', ...reference } } };
};
const message = (json: unknown): string => (json as { message: string }).message;
const inspect = async (path: string): Promise<InspectedService> => (await scenario.get(path)).json as InspectedService;

describe.each(KINDS)('a %s', (kind) => {
  it('is created, shown and removed', async () => {
    const id = await create(kind, 'db', { Labels: { a: 'b' } });
    const shown = await inspect(`/${kind}s/db`);
    expect(shown).toMatchObject({ ID: id, Version: { Index: expect.any(Number) }, Spec: { Name: 'db', Labels: { a: 'b' } } });
    expect(shown.Spec['Data']).toBe(kind === 'secret' ? undefined : base64('value'));
    expect((await scenario.delete(`/${kind}s/db`)).status).toBe(204);
    expect(await scenario.get(`/${kind}s/${id}`)).toMatchObject({ status: 404, json: { message: `${kind} ${id} not found` } });
  });

  it('has a name of its own', async () => {
    await create(kind, 'db');
    const { status, json } = await scenario.post(`/${kind}s/create`, { Name: 'db', Data: base64('x') });
    expect(status).toBe(409);
    expect(message(json)).toBe(`rpc error: code = AlreadyExists desc = ${kind} db already exists`);
  });

  it.each([
    [{ Name: '' }, 'name must be provided'],
    [{ Name: '-a' }, 'invalid name, only 64 [a-zA-Z0-9-_.] characters allowed'],
    [{ Name: 'a'.repeat(65) }, 'invalid name'],
    [{ Name: 'a', Data: '' }, 'data must be larger than 0 and less than'],
    [{ Name: 'a', Data: Buffer.alloc(1000 * 1024).toString('base64') }, 'data must be larger than 0 and less than'],
    [{ Name: 'a', Data: base64('x'), Templating: { Name: 'jinja' } }, "Templating.Name 'jinja' is not known"],
  ])('is refused with a reason (%j)', async (fields, reason) => {
    const { status, json } = await scenario.post(`/${kind}s/create`, fields);
    expect(status).toBe(400);
    expect(message(json)).toContain(reason);
  });

  it.each([
    [{ name: ['d'] }, ['db', 'dump']],
    [{ name: { db: true } }, ['db']],
    [{ names: ['db'] }, ['db']],
    [{ names: ['d'] }, []],
    [{ label: ['a=b'] }, ['dump']],
    [{ id: ["{'ID': 'x'}"] }, []],
    [{}, ['db', 'dump']],
  ])('is listed by %j', async (filter, names) => {
    await create(kind, 'db');
    await create(kind, 'dump', { Labels: { a: 'b' } });
    const { json } = await scenario.get(`/${kind}s?${filters(filter)}`);
    expect((json as InspectedService[]).map(({ Spec }) => Spec['Name'])).toEqual(names);
  });

  it('changes its labels and nothing else', async () => {
    await create(kind, 'db');
    const { Version } = await inspect(`/${kind}s/db`);
    const update = (version: number, body: object) => scenario.post(`/${kind}s/db/update?version=${version}`, body);
    expect(message((await update(Version.Index, { Name: 'db', Data: base64('other') })).json)).toContain(
      'only updates to Labels are allowed',
    );
    expect((await update(Version.Index, { Name: 'db', Data: base64('value'), Labels: { x: 'y' } })).status).toBe(200);
    expect((await inspect(`/${kind}s/db`)).Spec).toMatchObject({ Labels: { x: 'y' } });
    expect((await update(Version.Index, { Name: 'db' })).status).toBe(500);
  });

  it('stays for as long as a service uses it', async () => {
    const id = await create(kind, 'db');
    await scenario.createService('web', refer(kind, id));
    const { status, json } = await scenario.delete(`/${kind}s/db`);
    expect(status).toBe(400);
    expect(message(json)).toBe(`rpc error: code = InvalidArgument desc = ${kind} 'db' is in use by the following service: web`);
    await scenario.createService('api', refer(kind, id));
    expect(message((await scenario.delete(`/${kind}s/db`)).json)).toContain('following services: web, api');
    for (const name of ['web', 'api']) await scenario.delete(`/services/${name}`);
    expect((await scenario.delete(`/${kind}s/db`)).status).toBe(204);
  });

  it('has to be there for a service to use it', async () => {
    const { status, json } = await scenario.post('/services/create', spec('web', refer(kind, 'nowhere')));
    expect(status).toBe(400);
    expect(message(json)).toBe(`rpc error: code = InvalidArgument desc = ${kind} not found: db`);
  });

  it.each(['', '../up', 'a/../../b', 'dir/'])('goes to no such target as "%s"', async (target) => {
    const id = await create(kind, 'db');
    const { status, json } = await scenario.post('/services/create', spec('web', refer(kind, id, target)));
    expect(status).toBe(400);
    expect(message(json)).toContain('File.Name');
  });

  it('gets a new version, which its services are updated to, and a rollback goes back to the old one', async () => {
    const first = await create(kind, 'db', { Labels: { a: 'b' } });
    await scenario.createService('web', refer(kind, first));
    const second = await scenario.post(`/${kind}s/db/versions`, { Data: base64('newer') });
    expect(second).toMatchObject({ status: 201, json: { New: true, Services: ['web'] } });
    const { ID } = second.json as { ID: string };
    expect(await inspect(`/${kind}s/db`)).toMatchObject({ ID, Spec: { Name: 'db', Labels: { a: 'b' } } });
    expect(await inspect(`/${kind}s/${first}`)).toMatchObject({ Spec: { Name: 'db.v1' } });
    expect(JSON.stringify((await inspect('/services/web')).Spec)).toContain(ID);
    const { Version } = await inspect('/services/web');
    await scenario.post(`/services/web/update?version=${Version.Index}&rollback=previous`);
    expect(JSON.stringify((await inspect('/services/web')).Spec)).toContain(first);
    expect((await scenario.delete(`/${kind}s/db.v1`)).status).toBe(400);
    // A service that was rolled back goes along with the next version.
    expect(await scenario.post(`/${kind}s/db/versions`, { Data: base64('newest') })).toMatchObject({
      json: { Services: ['web'] },
    });
    expect(await inspect(`/${kind}s/${ID}`)).toMatchObject({ Spec: { Name: 'db.v2' } });
  });

  it('changes nothing when the value is the one that is there, or when it is only asked what would come of it', async () => {
    const id = await create(kind, 'db', { Data: base64('value') });
    await scenario.createService('web', refer(kind, id));
    const same = await scenario.post(`/${kind}s/db/versions`, { Data: base64('value') });
    expect(same).toMatchObject({ status: 200, json: { ID: id, New: false, Services: [] } });
    const asked = await scenario.post(`/${kind}s/db/versions?dryRun=1`, { Data: base64('other') });
    expect(asked).toMatchObject({ status: 200, json: { ID: id, New: true, Services: ['web'] } });
    expect((await scenario.get(`/${kind}s`)).json).toHaveLength(1);
    expect(JSON.stringify((await inspect('/services/web')).Spec)).toContain(id);
  });

  it('leaves services alone that the caller changes itself', async () => {
    const id = await create(kind, 'db', { Data: base64('value') });
    for (const name of ['web', 'api', 'job']) await scenario.createService(name, refer(kind, id));
    const { json } = await scenario.post(`/${kind}s/db/versions?except=web&except=job`, { Data: base64('other') });
    expect(json).toMatchObject({ Services: ['api'] });
    expect(JSON.stringify((await inspect('/services/web')).Spec)).toContain(id);
    expect(JSON.stringify((await inspect('/services/api')).Spec)).not.toContain(id);
  });

  it('keeps ten versions, and older ones only while a service refers to them', async () => {
    const first = await create(kind, 'db');
    await scenario.createService('web', refer(kind, first));
    for (let i = 0; i < 12; i++) await scenario.post(`/${kind}s/db/versions`, { Data: base64(`${i}`) });
    const { json } = await scenario.get(`/${kind}s`);
    expect(json).toHaveLength(10);
  });
});

it('the value of a secret is in no answer and not to be read in the store', async () => {
  const id = await create('secret', 'db', { Data: base64('do not tell') });
  const answers = await Promise.all(['/secrets', '/secrets/db', `/secrets/${id}`].map((path) => scenario.get(path)));
  const { objects } = await scenario.store.objects.list('');
  const seen = [...answers.map(({ text }) => text), ...objects.map(({ value }) => Buffer.from(value).toString('latin1'))];
  for (const text of seen) {
    expect(text).not.toContain('do not tell');
    expect(text).not.toContain(base64('do not tell').slice(0, -4));
  }
  const { sealedData } = scenario.store.view.secrets.get(id) ?? {};
  expect(sealedData && testVault().unseal(sealedData, keys.secret(id)).toString()).toBe('do not tell');
});

it('a secret may come from a driver, and shows which', async () => {
  await create('secret', 'db', {
    Data: undefined,
    Driver: { Name: 'vault', Options: { a: 'b' } },
    Templating: { name: 'golang' },
  });
  expect((await inspect('/secrets/db')).Spec).toEqual({
    Name: 'db',
    Labels: {},
    Driver: { Name: 'vault', Options: { a: 'b' } },
    Templating: { Name: 'golang' },
  });
});
