import type { RegistryLogin } from '#common/domain';
import { createServer, type Server, type Socket } from 'node:net';
import { InsecureRegistries } from './insecure-registries';
import { RegistryClient } from './registry-client';
import { sha256, StandInRegistry, type StandInAnswer } from './testing/stand-in-registry';

const IMAGE = 'application/vnd.docker.distribution.manifest.v2+json';
const OCI_IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

const login = (parts: Partial<RegistryLogin>): RegistryLogin => ({
  username: '',
  password: '',
  identityToken: '',
  registryToken: '',
  ...parts,
});
const USER = login({ username: 'user', password: 'pass:word' });
const basic = `Basic ${Buffer.from('user:pass:word').toString('base64')}`;
const platform = (architecture: string, more: object = {}): object => ({ platform: { architecture, os: 'linux', ...more } });

let registry: StandInRegistry;
let other: StandInRegistry;
beforeEach(async () => {
  [registry, other] = await Promise.all([StandInRegistry.start(), StandInRegistry.start()]);
});
afterEach(() => Promise.all([registry.stop(), other.stop()]));

const client = new RegistryClient(new InsecureRegistries([]));
const inspect = (name = 'team/app:1', who?: RegistryLogin) => client.inspect(`${registry.address}/${name}`, who);

describe('an image at a registry', () => {
  it.each([INDEX, MANIFEST_LIST])('has the platforms of its index, without attestations (%s)', async (mediaType) => {
    const manifests = [
      platform('amd64'),
      platform('arm64', { variant: 'v8' }),
      { platform: { architecture: 'amd64', os: 'windows', 'os.version': '10.0', 'os.features': ['win32k'] } },
      { platform: { architecture: 'unknown', os: 'unknown' } },
      { digest: 'of no platform' },
    ];
    const digest = registry.putManifest('team/app', '1', mediaType, { manifests });
    const image = await inspect();
    expect(image).toMatchObject({ digest, mediaType, size: JSON.stringify({ manifests }).length });
    expect(image.platforms).toEqual([
      { architecture: 'amd64', os: 'linux', variant: '', osVersion: '', osFeatures: [] },
      { architecture: 'arm64', os: 'linux', variant: 'v8', osVersion: '', osFeatures: [] },
      { architecture: 'amd64', os: 'windows', variant: '', osVersion: '10.0', osFeatures: ['win32k'] },
    ]);
  });

  it.each([IMAGE, OCI_IMAGE])('has the platform of its configuration (%s)', async (mediaType) => {
    const config = registry.putBlob('team/app', { architecture: 'arm64', os: 'linux', variant: 'v8', config: {} });
    const digest = registry.putManifest('team/app', '1', mediaType, { config: { digest: config } });
    expect(await inspect()).toMatchObject({ digest, platforms: [{ architecture: 'arm64', os: 'linux', variant: 'v8' }] });
  });

  it.each([
    ['cannot be had', { config: { digest: sha256('gone') } }],
    ['has no digest', { config: { digest: '../../../v2/other/blobs/x' } }],
    ['is missing', {}],
  ])('is for any platform when its configuration %s', async (_what, manifest) => {
    registry.putManifest('team/app', '1', IMAGE, manifest);
    expect((await inspect()).platforms).toEqual([]);
    expect(registry.requests.filter((request) => request.includes('other'))).toEqual([]);
  });

  it('is found by its digest, and by the tag latest when none is named', async () => {
    const digest = registry.putManifest('team/app', 'latest', INDEX, { manifests: [] });
    expect((await inspect('team/app')).digest).toBe(digest);
    expect((await inspect(`team/app@${digest}`)).digest).toBe(digest);
    expect((await inspect(`team/app:whatever@${digest}`)).digest).toBe(digest);
  });

  it('has a digest that was computed where the registry names none', async () => {
    const body = JSON.stringify({ mediaType: INDEX, manifests: [] });
    registry.answer('/v2/team/app/manifests/1', { headers: { 'Content-Type': 'application/json' }, body });
    expect(await inspect()).toMatchObject({ digest: sha256(body), mediaType: INDEX });
  });

  it('is not taken for what it is not', async () => {
    const wrong = sha256('something else');
    registry.answer(`/v2/team/app/manifests/${wrong}`, { headers: { 'Content-Type': INDEX }, body: '{"manifests":[]}' });
    await expect(inspect(`team/app@${wrong}`)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('who asks', () => {
  const digestFor = (authorization: string, challenge: string): string => {
    const body = JSON.stringify({ manifests: [] });
    registry.answer('/v2/team/app/manifests/1', (request): StandInAnswer =>
      request.headers.authorization === authorization
        ? { headers: { 'Content-Type': INDEX }, body }
        : {
            status: 401,
            headers: { 'WWW-Authenticate': challenge },
            body: JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }),
          },
    );
    return sha256(body);
  };
  const bearer = (server: StandInRegistry): string =>
    `Bearer realm="http://${server.address}/token",service="the registry",scope="repository:team/app:pull"`;

  it('is said as user and password where the registry wants that', async () => {
    const digest = digestFor(basic, 'Basic realm="a realm, with a comma"');
    expect((await inspect('team/app:1', USER)).digest).toBe(digest);
    expect(registry.requests[0]).toBe('GET /v2/team/app/manifests/1');
  });

  it('gets a token for the image, with the login where there is one', async () => {
    const digest = digestFor('Bearer t1', bearer(other));
    other.answer('/token', { body: '{"token":"t1"}' });
    expect((await inspect('team/app:1', USER)).digest).toBe(digest);
    expect((await inspect('team/app:1')).digest).toBe(digest);
    const query = 'service=the+registry&scope=repository%3Ateam%2Fapp%3Apull';
    expect(other.requests).toEqual([`GET /token?${query}&account=user [${basic}]`, `GET /token?${query}`]);
  });

  it('swaps an identity token', async () => {
    const digest = digestFor('Bearer t2', bearer(other));
    let form = '';
    other.answer('/token', (_request, body) => {
      form = body;
      return { body: '{"access_token":"t2"}' };
    });
    expect((await inspect('team/app:1', login({ identityToken: 'refresh me' }))).digest).toBe(digest);
    expect(Object.fromEntries(new URLSearchParams(form))).toEqual({
      service: 'the registry',
      scope: 'repository:team/app:pull',
      grant_type: 'refresh_token',
      client_id: 'docker',
      refresh_token: 'refresh me',
    });
  });

  it('sends a registry token as it is', async () => {
    const digest = digestFor('Bearer mine', bearer(other));
    expect((await inspect('team/app:1', login({ registryToken: 'mine' }))).digest).toBe(digest);
    expect(other.requests).toEqual([]);
  });

  it.each([
    ['nobody is logged in', undefined],
    ['the password is wrong', login({ username: 'user', password: 'wrong' })],
  ])('is told in Docker’s words that %s', async (_what, who) => {
    digestFor(basic, 'Basic realm="x"');
    await expect(inspect('team/app:1', who)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'unauthorized: authentication required',
    });
  });

  it.each([
    ['no token server', 'Bearer service="x"', 'no token server'],
    ['one of another protocol', 'Bearer realm="file:///etc/passwd"', 'no token server'],
    ['a token that is none', '', 'without a token'],
  ])('asks no further when the registry names %s', async (_what, challenge, message) => {
    digestFor('Bearer t', challenge || bearer(other));
    other.answer('/token', { body: '{"token":"a\\r\\nHost: b"}' });
    await expect(inspect()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining(message) });
  });

  it('is not told to another host that the registry redirects to', async () => {
    const config = sha256('{"architecture":"amd64","os":"linux"}');
    registry.putManifest('team/app', '1', IMAGE, { config: { digest: config } });
    const manifest = JSON.stringify({ config: { digest: config } });
    registry.answer('/v2/team/app/manifests/1', (request): StandInAnswer =>
      request.headers.authorization
        ? { headers: { 'Content-Type': IMAGE }, body: manifest }
        : { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="x"' } },
    );
    const away = { Location: `http://${other.address}/storage?signed=1` };
    registry.answer(`/v2/team/app/blobs/${config}`, { status: 307, headers: away });
    other.answer('/storage', { body: '{"architecture":"amd64","os":"linux"}' });
    expect((await inspect('team/app:1', USER)).platforms).toMatchObject([{ architecture: 'amd64' }]);
    expect(other.requests).toEqual(['GET /storage?signed=1']);
  });
});

describe('a registry that does not help', () => {
  it('is quoted', () =>
    expect(inspect()).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'manifest unknown: manifest unknown' }));

  it.each([
    {
      status: 403,
      code: 'PERMISSION_DENIED',
      errors: [{ code: 'DENIED', message: 'access denied' }],
      says: 'denied: access denied',
    },
    {
      status: 429,
      code: 'RESOURCE_EXHAUSTED',
      errors: [{ code: 'TOOMANYREQUESTS', message: 'slow\u0007 down' }],
      says: 'toomanyrequests: slow  down',
    },
    {
      status: 403,
      code: 'PERMISSION_DENIED',
      errors: [{ code: 'DENIED' }, { code: 'UNAUTHORIZED', message: 'log in' }],
      says: 'errors:\ndenied: denied\nunauthorized: log in',
    },
    { status: 500, code: 'UNAVAILABLE', errors: undefined, says: 'answered with status 500' },
  ])('answers with $status', async ({ status, code, errors, says }) => {
    registry.answer('/v2/team/app/manifests/1', { status, body: JSON.stringify({ errors }) });
    await expect(inspect()).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
  });

  it.each([
    [
      'a type that nobody knows',
      { headers: { 'Content-Type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' }, body: '{}' },
    ],
    ['no JSON', { headers: { 'Content-Type': 'text/plain' }, body: 'hello' }],
    ['more than four MiB', { headers: { 'Content-Type': INDEX }, body: Buffer.alloc(5 * 1024 * 1024, ' ') }],
    ['a redirection in a circle', { status: 302, headers: { Location: '/v2/team/app/manifests/1' } }],
    ['a redirection to another protocol', { status: 302, headers: { Location: 'file:///etc/passwd' } }],
  ])('answers with %s', async (_what, answer) => {
    registry.answer('/v2/team/app/manifests/1', answer);
    await expect(inspect()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('and does not run is named', async () => {
    const { address } = other;
    await other.stop();
    await expect(client.inspect(`${address}/app`, undefined)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(`${address} cannot be asked`),
    });
    other = await StandInRegistry.start();
  });

  it.each(['', 'Not Valid', 'a'.repeat(64), `a/${'b'.repeat(2_000)}`])('is not even asked for %j', (image) =>
    expect(client.inspect(image, undefined)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'invalid reference format',
    }),
  );

  it('is spoken to with TLS and nothing else unless it is on loopback or listed', async () => {
    const named = `registry.test:${registry.address.split(':')[1]}`;
    const strict = new RegistryClient(new InsecureRegistries([], () => Promise.resolve(['192.0.2.1'])));
    await expect(strict.inspect(`${named}/team/app:1`, USER)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(registry.requests).toEqual([]);
  });
});

describe('a registry that says nothing', () => {
  let mute: Server;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    mute = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    return new Promise<void>((resolve) => void mute.close(() => resolve()));
  });

  it.each([
    { what: 'a request', timeouts: { requestMs: 50, imageMs: 60_000 }, says: 'did not answer within 50 ms' },
    { what: 'all requests', timeouts: { requestMs: 60_000, imageMs: 50 }, says: 'took longer than 50 ms' },
  ])('is given up when the time for $what is over', async ({ timeouts, says }) => {
    const { port } = mute.address() as { port: number };
    const impatient = new RegistryClient(new InsecureRegistries([]), timeouts);
    await expect(impatient.inspect(`127.0.0.1:${port}/app`, undefined)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining(says),
    });
  });
});
