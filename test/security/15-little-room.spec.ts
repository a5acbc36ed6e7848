import { ApiScenario, spec } from '../../apps/manager/src/api/testing/api-scenario';

const MIB = 1024 * 1024;
const REPLICAS = (replicas: number): object => ({ Mode: { Replicated: { Replicas: replicas } } });
/** A spec of so many bytes, about. */
const wide = (name: string, bytes: number, replicas: number): object =>
  spec(name, { TaskTemplate: { ContainerSpec: { Image: 'busybox', Env: [`X=${'x'.repeat(bytes)}`] } }, ...REPLICAS(replicas) });
const PAYLOAD = { Name: 'large', Data: Buffer.alloc(400 * 1024).toString('base64') };
const NETWORK = { Name: 'net', Driver: 'overlay' };

let scenario: ApiScenario;

beforeEach(async () => {
  scenario = await ApiScenario.start();
});
afterEach(() => scenario.stop());

/** etcd has its default quota of 2 GiB. */
function inUse(mebibytes: number, isFull = false): void {
  scenario.store.space.measured({ sizeBytes: mebibytes * MIB, inUseBytes: mebibytes * MIB, isFull }, Number.MAX_SAFE_INTEGER);
}

async function update(name: string, body: object): Promise<{ status: number; json: unknown }> {
  const { Version } = await scenario.inspectService(name);
  return scenario.post(`/services/${name}/update?version=${Version.Index}`, body);
}

const refusal = (text: RegExp): object => ({ status: 503, json: { message: expect.stringMatching(text) } });

describe('promise 15: what would fill the store is refused with the numbers', () => {
  it.each([
    ['a service with many tasks and a large spec', '/services/create', wide('web', 400_000, 10_000)],
    ['a service with very many tasks', '/services/create', spec('web', REPLICAS(99_000))],
  ])('%s', async (_, path, body) => {
    inUse(1_300);
    expect(await scenario.post(path, body)).toMatchObject(
      refusal(
        /service web does not fit .*\d+ tasks × \(\d+ bytes of spec.*338\.4 MiB are free.*1300\.0 MiB are in use.*2048\.0 MiB/,
      ),
    );
    expect((await scenario.get('/services')).json).toEqual([]);
  });

  it('an update that gives all tasks a large spec, and a scale-up, but no scale-down', async () => {
    inUse(100);
    expect((await scenario.post('/services/create', spec('web', REPLICAS(1_000)))).status).toBe(201);
    inUse(1_600);
    expect(await update('web', wide('web', 100_000, 1_000))).toMatchObject(refusal(/2000 tasks × \(100\d{3} bytes/));
    expect(await update('web', spec('web', REPLICAS(20_000)))).toMatchObject(refusal(/19000 tasks/));
    expect((await update('web', spec('web', REPLICAS(10)))).status).toBe(200);
  });

  it('a service that would use the room that another one was promised a moment ago', async () => {
    inUse(1_000);
    expect((await scenario.post('/services/create', wide('first', 100_000, 5_000))).status).toBe(201);
    expect(await scenario.post('/services/create', wide('second', 100_000, 5_000))).toMatchObject(
      refusal(/49\d\.\d MiB are promised/),
    );
  });

  it.each([
    ['a secret', '/secrets/create', PAYLOAD],
    ['a config', '/configs/create', PAYLOAD],
    ['a network', '/networks/create', NETWORK],
  ])('%s when the store is nearly full, and when it is full', async (_, path, body) => {
    inUse(1_638.4);
    expect(await scenario.post(path, body)).toMatchObject(refusal(/does not fit.*0\.0 MiB are free/));
    inUse(2_048, true);
    expect(await scenario.post(path, body)).toMatchObject(refusal(/NOSPACE.*remove services/));
  });
});

describe('promise 15: while the store is full', () => {
  beforeEach(async () => {
    expect((await scenario.post('/services/create', spec('web'))).status).toBe(201);
    for (const [path, body] of [
      ['/secrets/create', PAYLOAD],
      ['/configs/create', PAYLOAD],
      ['/networks/create', NETWORK],
    ] as const) {
      expect((await scenario.post(path, body)).status).toBe(201);
    }
    inUse(2_048, true);
  });

  it('everything can be read and removed', async () => {
    for (const path of ['/services', '/secrets', '/configs', '/networks', '/nodes', '/tasks']) {
      expect([path, await scenario.get(path)]).toMatchObject([path, { status: 200 }]);
    }
    for (const path of ['/services/web', '/secrets/large', '/configs/large', '/networks/net']) {
      expect([path, (await scenario.delete(path)).status < 300]).toEqual([path, true]);
    }
  });

  it('the manager is ready, and says that it is degraded, why, and what to do', async () => {
    expect(await scenario.get('/readyz')).toMatchObject({
      status: 200,
      json: {
        status: 'degraded',
        reasons: [expect.stringMatching(/NOSPACE.*remove services, secrets or configs.*recovers by itself/)],
      },
    });
    inUse(100);
    expect(await scenario.get('/readyz')).toMatchObject({ status: 200, json: { status: 'ready', reasons: [] } });
  });
});
