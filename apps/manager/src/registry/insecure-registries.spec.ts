import { InsecureRegistries } from './insecure-registries';

const NAMES: Record<string, string[]> = { localhost: ['::1', '127.0.0.1'], 'registry.lan': ['10.1.2.3'] };
const registries = (...entries: string[]): InsecureRegistries =>
  new InsecureRegistries(entries, (name) => Promise.resolve(NAMES[name] ?? []));

describe('a registry without TLS', () => {
  it.each([
    '127.0.0.1:5000',
    'localhost:5000',
    '127.9.9.9',
    '[::1]:5000',
    'listed.test',
    'LISTED.test:5000',
    '10.1.2.3',
    'registry.lan:80',
    '[fd00::1]',
  ])('may be %s', async (registry) =>
    expect(await registries('listed.test', 'listed.test:5000', '10.0.0.0/8', 'fd00::/8').includes(registry)).toBe(true),
  );

  it.each(['10.1.2.3', 'registry.lan', 'unknown.test', 'listed.test:5001', 'registry-1.docker.io'])(
    'may not be %s',
    async (registry) => expect(await registries('listed.test:5000').includes(registry)).toBe(false),
  );

  it.each(['10.0.0.0/33', 'host/8', '10.0.0.0/', '10.0.0.0/x'])('is not listed as %s', (entry) =>
    expect(() => registries(entry)).toThrow(`--insecure-registry ${entry}`),
  );
});
