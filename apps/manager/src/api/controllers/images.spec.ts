import { parseRegistryAuth, type RegistryLogin } from '#common/domain';
import { DomainError } from '#common/errors';
import type { RegistryCredentials } from '#common/proto';
import { keys } from '#common/store';
import { testVault } from '#common/testing';
import type { ImageDescription, ImageRegistry } from '../ports';
import { filters, ONLY_THE_CLUSTER, spec, type InspectedService } from '../testing/api-scenario';
import { FakeApiStore } from '../testing/fake-api-store';
import { startApi, type Answer, type RunningApi } from '../testing/start-api';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const INDEX = 'application/vnd.oci.image.index.v1+json';
const PLATFORM = { architecture: 'amd64', os: 'linux', variant: '', osVersion: '', osFeatures: [] };
const SECRET = 'correct horse';

/** Knows one image, and who asked. */
class FakeRegistry implements ImageRegistry {
  readonly asked: { image: string; user: string | undefined }[] = [];

  inspect(image: string, login: RegistryLogin | undefined): Promise<ImageDescription> {
    this.asked.push({ image, user: login?.username });
    if (image.includes('away')) return Promise.reject(new DomainError('UNAVAILABLE', 'registry.test cannot be asked'));
    if (image.includes('unknown')) return Promise.reject(new DomainError('NOT_FOUND', 'manifest unknown: manifest unknown'));
    const platforms = [PLATFORM, { ...PLATFORM, architecture: 'arm64', variant: 'v8' }];
    return Promise.resolve({ mediaType: INDEX, digest: DIGEST, size: 7, platforms });
  }
}

const authOf = (fields: object): { 'x-registry-auth': string } => ({
  'x-registry-auth': Buffer.from(JSON.stringify(fields)).toString('base64url'),
});
const user = (username: string) => authOf({ username, password: SECRET });

let store: FakeApiStore;
let registry: FakeRegistry;
let api: RunningApi;
beforeEach(async () => {
  store = await FakeApiStore.start();
  registry = new FakeRegistry();
  api = await startApi(store, { images: registry });
});
afterEach(async () => {
  await api.close();
  store.stop();
});

const withImage = (image: string) => spec('web', { TaskTemplate: { ContainerSpec: { Image: image } } });
const create = (headers = {}, version = '', image = 'busybox'): Promise<Answer> =>
  api.request('POST', `${version}/services/create`, { body: withImage(image), headers });
const inspected = async (): Promise<InspectedService> => (await api.request('GET', '/services/web')).json as InspectedService;
const update = async (
  query = '',
  headers = {},
  { version = '', body = withImage('busybox') as object | undefined } = {},
): Promise<Answer> => {
  const { Version } = await inspected();
  return api.request('POST', `${version}/services/web/update?version=${Version.Index}${query}`, { body, headers });
};

describe('an image at its registry', () => {
  it.each(['a/b:1', 'registry.test:5000/a/b/c', `busybox@${DIGEST}`])('is described as Docker does: %s', async (image) => {
    expect(await api.request('GET', `/v1.41/distribution/${image}/json`, { headers: user('me') })).toMatchObject({
      status: 200,
      json: {
        Descriptor: { mediaType: INDEX, digest: DIGEST, size: 7 },
        Platforms: [
          { architecture: 'amd64', os: 'linux' },
          { architecture: 'arm64', os: 'linux', variant: 'v8' },
        ],
      },
    });
    expect(registry.asked).toEqual([{ image, user: 'me' }]);
  });

  it('that it does not have is not found, in its words', async () => {
    expect(await api.request('GET', '/distribution/unknown/json')).toMatchObject({
      status: 404,
      json: { message: 'manifest unknown: manifest unknown' },
    });
  });
});

it('a registry that is away is not taken for the manager', async () => {
  expect(await api.request('GET', '/distribution/away/json')).toMatchObject({
    status: 400,
    json: { message: 'registry.test cannot be asked' },
  });
});

describe('a client that leaves the image to the manager', () => {
  it('gets it pinned, and placed where it runs', async () => {
    expect(await create(user('me'), '/v1.29')).toMatchObject({ status: 201, json: { ID: expect.any(String) } });
    expect((await inspected()).Spec).toMatchObject({
      TaskTemplate: {
        ContainerSpec: { Image: `busybox:latest@${DIGEST}` },
        Placement: {
          Platforms: [
            { Architecture: 'amd64', OS: 'linux' },
            { Architecture: 'arm64', OS: 'linux' },
          ],
        },
      },
    });
    expect(registry.asked).toEqual([{ image: 'busybox', user: 'me' }]);
  });

  it('is warned when the registry does not tell', async () => {
    expect((await create({}, '/v1.29', 'unknown')).json).toMatchObject({
      Warnings: [expect.stringMatching(/^image unknown could not be accessed on a registry to record its digest\./)],
    });
    expect((await inspected()).Spec).toMatchObject({ TaskTemplate: { ContainerSpec: { Image: 'unknown' } } });
  });

  it('has updates pinned with the credentials that the service has', async () => {
    await create(user('me'), '/v1.29');
    await update('', {}, { version: '/v1.29' });
    await update('', user('you'), { version: '/v1.29' });
    expect(registry.asked.map((each) => each.user)).toEqual(['me', 'me', 'you']);
    expect((await inspected()).Spec).toMatchObject({ TaskTemplate: { ContainerSpec: { Image: `busybox:latest@${DIGEST}` } } });
  });

  it('keeps a digest of its own', async () => {
    const other = `busybox@sha256:${'b'.repeat(64)}`;
    await create({}, '/v1.29', other);
    expect(registry.asked).toEqual([]);
    expect((await inspected()).Spec).toMatchObject({ TaskTemplate: { ContainerSpec: { Image: other } } });
  });

  it.each(['', '/v1.30', '/v1.41'])('is none that asks by itself (%s)', async (version) => {
    await create({}, version);
    expect(registry.asked).toEqual([]);
  });
});

describe('the registry credentials of a service', () => {
  const kept = async (): Promise<string> => {
    const { ID } = await inspected();
    const userOf = (value: RegistryCredentials['current']): string => {
      const header = value && testVault().unseal(value, keys.registryCredentials(ID)).toString();
      return header ? (parseRegistryAuth(header)?.login.username ?? '?') : '-';
    };
    const { current, previous } = store.view.registryCredentials(ID) ?? {};
    return `${userOf(current)} ${userOf(previous)}`;
  };

  it('are kept, and never shown', async () => {
    const created = await create(user('me'));
    expect(await kept()).toBe('me -');
    await update('', user('you'));
    expect(await kept()).toBe('you me');
    const lists = await Promise.all(
      ['/services', '/services/web', '/services/web/history', `/tasks?${filters({ service: ['web'] })}`].map((path) =>
        api.request('GET', path),
      ),
    );
    const shown = [created, ...lists].map(({ text }) => text).join();
    for (const secret of [SECRET, Buffer.from(SECRET).toString('base64').slice(0, -4), user('me')['x-registry-auth'], 'you'])
      expect(shown).not.toContain(secret);
  });

  it.each([
    { name: 'stay when an update says nothing', query: '', headers: {}, after: 'b b' },
    { name: 'stay when an update wants those of the spec', query: '&registryAuthFrom=spec', headers: {}, after: 'b b' },
    { name: 'are those before when an update wants them', query: '&registryAuthFrom=previous-spec', headers: {}, after: 'a b' },
    { name: 'go back with a rollback, whatever is sent along', query: '&rollback=previous', headers: user('c'), after: 'a b' },
    { name: 'change with the header', query: '&registryAuthFrom=previous-spec', headers: user('c'), after: 'c b' },
    { name: 'go when the client says that there are none', query: '', headers: authOf({}), after: '- b' },
    { name: 'stay when the header holds something else', query: '', headers: authOf({ Name: 'web' }), after: 'b b' },
  ])('$name', async ({ query, headers, after }) => {
    await create(user('a'));
    await update('', user('b'));
    expect((await update(query, headers)).status).toBe(200);
    expect(await kept()).toBe(after);
  });

  it('of the spec before are not to be had from the first one', async () => {
    await create(user('a'));
    expect(await update('&registryAuthFrom=previous-spec')).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('does not have a previous spec') },
    });
  });

  it('stay with the newest spec when a revision of the history comes back', async () => {
    await create(user('a'));
    await update('', user('b'), { body: withImage('busybox:2') });
    expect((await api.request('POST', '/services/web/rollback?to=1')).status).toBe(200);
    expect(await kept()).toBe('b b');
  });

  it('are removed with it', async () => {
    await create(user('a'));
    await api.request('DELETE', '/services/web');
    expect(store.objects.size).toBe(ONLY_THE_CLUSTER);
  });

  it('are not taken when they are larger than any token', async () => {
    const big = authOf({ identitytoken: 'x'.repeat(60_000) });
    expect((await create(big)).status).toBe(413);
  });
});
