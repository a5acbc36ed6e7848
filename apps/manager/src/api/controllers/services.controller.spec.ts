import { TaskState } from '#common/domain';
import { ApiScenario, filters, ONLY_THE_CLUSTER, spec } from '../testing/api-scenario';

let scenario: ApiScenario;

beforeEach(async () => {
  scenario = await ApiScenario.start();
});

afterEach(() => scenario.stop());

describe('creating a service', () => {
  it('answers with its id, and the next read shows it', async () => {
    const answer = await scenario.post('/v1.41/services/create', spec('web'));
    expect(answer).toMatchObject({ status: 201, json: { ID: expect.stringMatching(/^[0-9a-z]{25}$/) } });
    expect(await scenario.inspectService('web')).toMatchObject({
      ID: (answer.json as { ID: string }).ID,
      Spec: { Name: 'web', Labels: {}, Mode: { Replicated: { Replicas: 1 } }, EndpointSpec: { Mode: 'vip' } },
    });
  });

  it('finds a name when the client gave none', async () => {
    const id = await scenario.createService('');
    expect((await scenario.inspectService(id)).Spec.Name).toMatch(/^[a-z]+_[a-z]+_[0-9]+$/);
  });

  it('refuses a name that is taken', async () => {
    await scenario.createService('web');
    expect(await scenario.post('/services/create', spec('web'))).toMatchObject({
      status: 409,
      json: {
        message: 'rpc error: code = AlreadyExists desc = name conflicts with an existing object: service web already exists',
      },
    });
  });

  it('lets one of many that want the same name have it', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => scenario.post('/services/create', spec('web'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
    expect((await scenario.get('/services')).json).toHaveLength(1);
  });

  it('refuses a published port that is taken, naming the service', async () => {
    const ports = { EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 8080 }] } };
    const id = await scenario.createService('web', ports);
    expect(await scenario.post('/services/create', spec('other', ports))).toMatchObject({
      status: 400,
      json: {
        message: `rpc error: code = InvalidArgument desc = port '8080' is already in use by service 'web' (${id}) as an ingress port`,
      },
    });
  });

  it.each([
    { what: 'no body', body: undefined, status: 400, message: 'got EOF while reading request body' },
    { what: 'bad JSON', body: '{"Name":', status: 400, message: 'the request body is not valid JSON' },
    { what: 'JSON and more', body: '{} {}', status: 400, message: 'the request body is not valid JSON' },
    { what: 'a byte order mark', body: '\uFEFF{}', status: 400, message: 'the request body is not valid JSON' },
    { what: 'a wrong type', body: '{"Name":1}', status: 400, message: 'ServiceSpec.Name of type string' },
    { what: 'an invalid spec', body: spec('a b'), status: 400, message: 'name must be valid as a DNS name component' },
    {
      what: '5 MB',
      body: spec('big', { Pad: 'x'.repeat(5_000_000) }),
      status: 413,
      message: 'larger than 4194304 bytes (4 MiB)',
    },
    {
      what: '20 MB',
      body: spec('big', { Pad: 'x'.repeat(20_000_000) }),
      status: 413,
      message: 'larger than 4194304 bytes (4 MiB)',
    },
    {
      what: 'more than the store takes',
      body: spec('big', { Labels: { a: 'x'.repeat(600_000) } }),
      status: 413,
      message: 'at most 458752 can be stored',
    },
  ])('refuses $what and writes nothing', async ({ body, status, message }) => {
    expect(await scenario.post('/services/create', body)).toMatchObject({
      status,
      json: { message: expect.stringContaining(message) },
    });
    expect(scenario.store.objects.size).toBe(ONLY_THE_CLUSTER);
  });

  it('warns of what has no effect', async () => {
    const { json } = await scenario.post('/services/create', spec('web', { Labels: { 'swarmctl.rebalanse': 'true' } }));
    expect(json).toMatchObject({ Warnings: [expect.stringContaining('there is no such option of swarmctl')] });
    expect((await scenario.post('/services/create', spec('other'))).json).not.toHaveProperty('Warnings');
  });

  it('refuses another type of content', async () => {
    expect(await scenario.post('/services/create', spec('web'), { 'content-type': 'text/plain' })).toMatchObject({
      status: 400,
      json: { message: "unsupported Content-Type header (text/plain): must be 'application/json'" },
    });
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON', ''])('takes the content type "%s"', async (type) => {
    expect((await scenario.post('/services/create', spec('web'), { 'content-type': type })).status).toBe(201);
  });
});

describe('a job', () => {
  it.each([
    { Mode: { ReplicatedJob: {} }, UpdateConfig: {}, message: 'Jobs may not have an update config' },
    { Mode: { GlobalJob: {} }, UpdateConfig: {}, message: 'Jobs may not have an update config' },
    { Mode: { ReplicatedJob: {} }, RollbackConfig: {}, message: 'Jobs may not have a rollback config' },
    { Mode: { GlobalJob: {} }, RollbackConfig: {}, message: 'Jobs may not have a rollback config' },
  ])('is neither created nor updated where there is nothing to roll out: $message', async ({ message, ...part }) => {
    const refused = { status: 400, json: { message: `rpc error: code = InvalidArgument desc = ${message}` } };
    expect(await scenario.post('/services/create', spec('job', part))).toMatchObject(refused);
    await scenario.createService('job', { Mode: part.Mode });
    expect(await scenario.updateService('job', spec('job', part))).toMatchObject(refused);
  });

  it('may not become a service that runs for ever', async () => {
    await scenario.createService('job', { Mode: { ReplicatedJob: {} } });
    expect(await scenario.updateService('job', spec('job'))).toMatchObject({ status: 501 });
  });
});

describe('updating a service', () => {
  it('keeps the old spec as the previous one', async () => {
    await scenario.createService('web');
    expect(await scenario.updateService('web', spec('web', { Labels: { a: 'b' } }))).toMatchObject({
      status: 200,
      json: { Warnings: null },
    });
    expect(await scenario.inspectService('web')).toMatchObject({ Spec: { Labels: { a: 'b' } }, PreviousSpec: { Labels: {} } });
  });

  it('refuses a stale version with the words that clients retry on', async () => {
    await scenario.createService('web');
    const { Version } = await scenario.inspectService('web');
    await scenario.updateService('web', spec('web', { Labels: { a: 'b' } }));
    expect(await scenario.post(`/services/web/update?version=${Version.Index}`, spec('web'))).toMatchObject({
      status: 500,
      json: { message: 'rpc error: code = Unknown desc = update out of sequence' },
    });
    expect((await scenario.inspectService('web')).Spec.Labels).toEqual({ a: 'b' });
  });

  it('lets one of many updates of a version through', async () => {
    await scenario.createService('web');
    const { Version } = await scenario.inspectService('web');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        scenario.post(`/services/web/update?version=${Version.Index}`, spec('web', { Labels: { n: `${index}` } })),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 500, 500, 500, 500, 500, 500, 500]);
  });

  it.each([
    { what: 'a new name', body: spec('other'), status: 501, message: 'renaming services is not supported' },
    {
      what: 'a new mode',
      body: spec('web', { Mode: { Global: {} } }),
      status: 501,
      message: 'service mode change is not allowed',
    },
    { what: 'an unknown rollback', query: '&rollback=zz', status: 400, message: "invalid value 'zz' for rollback" },
    {
      what: 'an unknown source of credentials',
      query: '&registryAuthFrom=zz',
      status: 400,
      message: "invalid value 'zz' for registryAuthFrom",
    },
    {
      what: 'an invalid spec',
      body: spec('web', { TaskTemplate: { ContainerSpec: {} } }),
      status: 400,
      message: 'image reference must be provided',
    },
  ])('refuses $what', async ({ body = spec('web'), query = '', status, message }) => {
    await scenario.createService('web');
    expect(await scenario.updateService('web', body, query)).toMatchObject({
      status,
      json: { message: expect.stringContaining(message) },
    });
  });

  it('keeps its own published ports', async () => {
    const ports = { EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 8080 }] } };
    await scenario.createService('web', ports);
    expect((await scenario.updateService('web', spec('web', { ...ports, Labels: { a: 'b' } }))).status).toBe(200);
  });

  it('swaps the two specs on a rollback, without reading the body', async () => {
    await scenario.createService('web');
    await scenario.updateService('web', spec('web', { Labels: { a: 'b' } }));
    expect((await scenario.updateService('web', undefined, '&rollback=previous')).status).toBe(200);
    expect(await scenario.inspectService('web')).toMatchObject({ Spec: { Labels: {} }, PreviousSpec: { Labels: { a: 'b' } } });
  });

  it('cannot roll back what has never changed', async () => {
    const id = await scenario.createService('web');
    expect(await scenario.updateService('web', spec('web'), '&rollback=previous')).toMatchObject({
      status: 400,
      json: { message: `rpc error: code = FailedPrecondition desc = service ${id} does not have a previous spec` },
    });
  });

  it('begins a new iteration of a job', async () => {
    const job = { Mode: { ReplicatedJob: {} } };
    await scenario.createService('job', job);
    expect((await scenario.inspectService('job')).JobStatus).toMatchObject({ JobIteration: {} });
    await scenario.updateService('job', spec('job', job));
    expect((await scenario.inspectService('job')).JobStatus).toMatchObject({ JobIteration: { Index: 1 } });
  });

  it('takes only what it needs from a query that repeats the spec', async () => {
    await scenario.createService('web');
    const { Version } = await scenario.inspectService('web');
    const query = `Name=web&TaskTemplate=${encodeURIComponent('x'.repeat(100_000))}&version=${Version.Index}`;
    expect((await scenario.post(`/services/web/update?${query}`, spec('web'))).status).toBe(200);
  });
});

describe('removing a service', () => {
  it('frees its name', async () => {
    await scenario.createService('web');
    expect(await scenario.delete('/services/web')).toMatchObject({ status: 200, text: '' });
    expect(scenario.store.objects.size).toBe(ONLY_THE_CLUSTER);
    expect(await scenario.createService('web')).toBeDefined();
  });

  it('of that name says that there is none', async () => {
    expect(await scenario.delete('/services/web')).toMatchObject({ status: 404, json: { message: 'service web not found' } });
  });
});

describe('finding a service', () => {
  it('takes its id, its name, or the beginning of its id', async () => {
    const id = await scenario.createService('web');
    for (const term of [id, 'web', id.slice(0, 12)]) expect((await scenario.inspectService(term)).ID).toBe(id);
  });

  it('prefers a name to the beginning of an id', async () => {
    const id = await scenario.createService('web');
    const named = await scenario.createService(id.slice(0, 4));
    expect((await scenario.inspectService(id.slice(0, 4))).ID).toBe(named);
  });

  it('says so when a beginning is not enough', async () => {
    const ids = await Promise.all(Array.from({ length: 37 }, (_, index) => scenario.createService(`s${index}`)));
    const first = ids.map((id) => id.slice(0, 1)).find((letter, index, all) => all.indexOf(letter) !== index);
    expect(await scenario.get(`/services/${first}`)).toMatchObject({
      status: 400,
      json: { message: expect.stringMatching(/^service . is ambiguous \([0-9]+ matches found\)$/) },
    });
  });

  it.each([
    ...['__proto__', 'constructor', '%E2%80%AEx'].map((term) => [term, 404] as const),
    ...['..%2f..', '%00', 'a%0d%0ab'].map((term) => [term, 400] as const),
  ])('a name that is a path, a prototype or worse is not found: %s', async (term, status) => {
    expect((await scenario.get(`/services/${term}`)).status).toBe(status);
  });

  it('writes the defaults out when asked to', async () => {
    await scenario.createService('web');
    expect((await scenario.get('/services/web?insertDefaults=true')).json).toMatchObject({
      Spec: { UpdateConfig: { Parallelism: 1 } },
    });
    expect((await scenario.get('/services/web?insertDefaults=False')).json).not.toMatchObject({ Spec: { UpdateConfig: {} } });
  });
});

describe('listing services', () => {
  it('narrows services down, and counts their tasks when asked to', async () => {
    const id = await scenario.createService('web', { Mode: { Replicated: { Replicas: 2 } } });
    await scenario.createService('db');
    await scenario.addTask('task00000000000000000000a', id, { state: TaskState.running });
    expect((await scenario.get(`/services?${filters({ name: ['we'] })}&status=true`)).json).toMatchObject([
      { ID: id, ServiceStatus: { RunningTasks: 1, DesiredTasks: 2, CompletedTasks: 0 } },
    ]);
    expect((await scenario.get(`/services?${filters({ name: ['we'] })}`)).text).not.toContain('ServiceStatus');
  });

  it('is an empty list where there is nothing', async () => {
    for (const path of ['/services', '/tasks', '/nodes']) expect((await scenario.get(path)).text).toBe('[]\n');
  });
});
