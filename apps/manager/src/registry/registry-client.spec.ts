import { createHash } from 'node:crypto';
import { InsecureRegistries } from './insecure-registries';
import { RegistryClient } from './registry-client';
import { StandInRegistry, type Answerer, type RegistryAnswer } from './testing/stand-in-registry';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const amd64 = { architecture: 'amd64', os: 'linux' };
const arm = { architecture: 'arm', os: 'linux', variant: 'v7' };
const index = { manifests: [{ platform: amd64 }, { platform: arm }, { platform: { architecture: 'unknown', os: 'unknown' } }] };
const digestOf = (body: unknown): string => `sha256:${createHash('sha256').update(JSON.stringify(body)).digest('hex')}`;
const headerOf = (auth: object): string => Buffer.from(JSON.stringify(auth)).toString('base64url');
const basic = (user: string): string => `Basic ${Buffer.from(user).toString('base64')}`;
const anIndex: RegistryAnswer = { headers: { 'content-type': INDEX }, body: index };

describe('asking a registry', () => {
  const client = new RegistryClient(new InsecureRegistries([]));
  const started: StandInRegistry[] = [];
  afterEach(() => Promise.all(started.splice(0).map((registry) => registry.stop())));

  async function registryThat(answer: Answerer): Promise<StandInRegistry> {
    const registry = await StandInRegistry.start((request) => (request.path === '/v2/' ? {} : answer(request)));
    started.push(registry);
    return registry;
  }

  it('gives digest, size and the platforms of an index, without what is no image', async () => {
    const { host } = await registryThat(({ path }) => (path === '/v2/team/web/manifests/1.2' ? anIndex : { status: 404 }));
    expect(await client.inspect(`${host}/team/web:1.2`, undefined)).toEqual({
      mediaType: INDEX,
      digest: digestOf(index),
      size: JSON.stringify(index).length,
      platforms: [amd64, arm],
    });
  });

  it("gives the platform of a single image from the image's config, and the digest that the registry tells", async () => {
    const config = `sha256:${'c'.repeat(64)}`;
    const told = `sha256:${'d'.repeat(64)}`;
    const { host } = await registryThat(({ path }) =>
      path === `/v2/web/blobs/${config}`
        ? { body: { ...amd64, config: {} } }
        : { headers: { 'content-type': MANIFEST, 'docker-content-digest': told }, body: { config: { digest: config } } },
    );
    expect(await client.inspect(`${host}/web`, undefined)).toMatchObject({
      mediaType: MANIFEST,
      digest: told,
      platforms: [amd64],
    });
  });

  it('exchanges user and password for a token where the registry asks for that', async () => {
    const registry = await registryThat(({ path, authorization }) => {
      if (path.startsWith('/token')) return authorization === basic('me:secret') ? { body: { token: 'T' } } : { status: 401 };
      if (authorization === 'Bearer T') return anIndex;
      const realm = `Bearer realm="http://${registry.host}/token",service="here",scope="repository:web:pull"`;
      return { status: 401, headers: { 'www-authenticate': realm } };
    });
    const auth = headerOf({ username: 'me', password: 'secret' });
    expect((await client.inspect(`${registry.host}/web:1`, auth)).digest).toBe(digestOf(index));
    expect(registry.seen).toContain(`GET /token?service=here&scope=repository%3Aweb%3Apull ${basic('me:secret')}`);
  });

  it('gets a token without credentials for what is public', async () => {
    const registry = await registryThat(({ path, authorization }) => {
      if (path.startsWith('/token')) return { body: { access_token: 'public' } };
      if (authorization === 'Bearer public') return anIndex;
      return { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${registry.host}/token"` } };
    });
    expect((await client.inspect(`${registry.host}/web:1`, undefined)).digest).toBe(digestOf(index));
  });

  it('exchanges an identity token for another one', async () => {
    const registry = await registryThat(({ path, method, body, authorization }) => {
      if (path === '/token')
        return method === 'POST' && body.includes('refresh_token=ID') ? { body: { access_token: 'T' } } : { status: 401 };
      if (authorization === 'Bearer T') return anIndex;
      return { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${registry.host}/token"` } };
    });
    const auth = headerOf({ identitytoken: 'ID' });
    expect((await client.inspect(`${registry.host}/web:1`, auth)).digest).toBe(digestOf(index));
  });

  it.each([
    { name: 'user and password', auth: { username: 'me', password: 'secret' }, shown: basic('me:secret') },
    { name: 'a registry token', auth: { registrytoken: 'R' }, shown: 'Bearer R' },
  ])('shows $name where that is asked for', async ({ auth, shown }) => {
    const { host } = await registryThat(({ authorization }) =>
      authorization === shown ? anIndex : { status: 401, headers: { 'www-authenticate': 'Basic realm="here"' } },
    );
    expect((await client.inspect(`${host}/web:1`, headerOf(auth))).digest).toBe(digestOf(index));
  });

  it('tells a host that it is sent on to nothing of the credentials', async () => {
    const elsewhere = await registryThat(() => ({ body: amd64 }));
    const config = `sha256:${'c'.repeat(64)}`;
    const { host } = await registryThat(({ path, authorization }): RegistryAnswer => {
      if (!authorization) return { status: 401, headers: { 'www-authenticate': 'Basic realm="here"' } };
      if (path.includes('/blobs/')) return { status: 307, headers: { location: `http://${elsewhere.host}/blob` } };
      return { headers: { 'content-type': MANIFEST }, body: { config: { digest: config } } };
    });
    await client.inspect(`${host}/web:1`, headerOf({ username: 'me', password: 'secret' }));
    expect(elsewhere.seen).toEqual(['GET /blob -']);
  });

  it.each([
    {
      name: 'is not there',
      answer: { status: 404, body: { errors: [{ message: 'manifest unknown' }] } },
      code: 'NOT_FOUND',
      text: 'manifest unknown',
    },
    { name: 'is refused', answer: { status: 403, body: '' }, code: 'PERMISSION_DENIED', text: 'docker login' },
    {
      name: 'needs what nobody has given',
      answer: { status: 401, headers: { 'www-authenticate': 'Basic' } },
      code: 'PERMISSION_DENIED',
      text: 'docker login',
    },
    { name: 'is not JSON', answer: { body: '<html>' }, code: 'FAILED_PRECONDITION', text: 'not JSON' },
    { name: 'is of an unknown kind', answer: { body: { schemaVersion: 1 } }, code: 'FAILED_PRECONDITION', text: 'kind' },
    { name: 'is too large', answer: { body: 'x'.repeat(5 * 2 ** 20) }, code: 'FAILED_PRECONDITION', text: '4 MiB' },
    {
      name: 'is broken',
      answer: { status: 500, body: { errors: [{ code: 'UNKNOWN' }] } },
      code: 'FAILED_PRECONDITION',
      text: '500: UNKNOWN',
    },
  ])('says so when the manifest $name', async ({ answer, code, text }) => {
    const { host } = await registryThat(() => answer as RegistryAnswer);
    await expect(client.inspect(`${host}/web:1`, undefined)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });

  it('says so when nobody is there', async () => {
    const gone = await registryThat(() => ({}));
    await gone.stop();
    const refused = { code: 'FAILED_PRECONDITION', message: expect.stringContaining('cannot be reached') };
    await expect(client.inspect(`${gone.host}/web:1`, undefined)).rejects.toMatchObject(refused);
    started.splice(0);
  });
});
