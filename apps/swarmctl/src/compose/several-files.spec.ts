import { readError, readFiles } from './testing/read-files';

const servicesOf = async (...args: Parameters<typeof readFiles>) => (await readFiles(...args)).model.services;

describe('several files', () => {
  const merged = async (base: string, override: string): Promise<unknown> => {
    const file = (keys: string): string => `services:\n  web:\n    image: nginx\n    ${keys}\n`;
    const files = { 'a.yaml': file(base), 'b.yaml': file(override) };
    const { web } = await servicesOf({ files, named: ['a.yaml', 'b.yaml'] });
    const { image: _, ...rest } = web ?? {};
    return rest;
  };

  it.each<[string, string, object]>([
    ['user: a', 'user: b', { user: 'b' }],
    ['user: a', 'hostname: b', { user: 'a', hostname: 'b' }],
    ['environment: [A=1, B=1]', 'environment: {B: "2", C: "2"}', { environment: { A: '1', B: '2', C: '2' } }],
    ['command: [a, b]', 'command: [c]', { command: ['c'] }],
    ['dns: [1.1.1.1]', 'dns: [1.1.1.1, 8.8.8.8]', { dns: ['1.1.1.1', '8.8.8.8'] }],
    ['cap_add: [A]', 'cap_add: !override [B]', { cap_add: ['B'] }],
    ['cap_add: [A]', 'cap_add: !reset []', {}],
    ['environment: {A: "1", B: "1"}', 'environment: {A: !reset null}', { environment: { B: '1' } }],
    [
      'healthcheck: {test: [CMD, a], retries: 1}',
      'healthcheck: {test: [CMD, b]}',
      { healthcheck: { test: ['CMD', 'b'], retries: 1 } },
    ],
    ['logging: {driver: syslog, options: {a: b}}', 'logging: {driver: none}', { logging: { driver: 'none' } }],
    [
      'logging: {driver: syslog, options: {a: b}}',
      'logging: {options: {c: d}}',
      { logging: { driver: 'syslog', options: { a: 'b', c: 'd' } } },
    ],
  ])('%s, then %s', async (base, override, expected) => expect(await merged(base, override)).toEqual(expected));

  it.each([
    ['ports: ["80:80", "90:90"]', 'ports: ["80:80", "81:80"]', 'ports', ['80', '90', '81']],
    ['volumes: [/a, "/x:/b"]', 'volumes: ["/y:/b"]', 'volumes', [undefined, '/y']],
  ])('%s, then %s: a later item takes the place of its like', async (base, override, key, expected) => {
    const items = ((await merged(base, override)) as Record<string, { published?: string; source?: string }[]>)[key];
    expect(items?.map(({ published, source }) => published ?? source)).toEqual(expected);
  });

  it('names the file that a value came from', async () => {
    const files = { 'a.yaml': 'services:\n  web: {image: x}\n', 'b.yaml': 'services:\n  web:\n    user: x\n    secrets: [s]\n' };
    expect(await readError(readFiles({ files, named: ['a.yaml', 'b.yaml'] }))).toContain(
      'b.yaml:4: services.web.secrets[0] names s',
    );
  });

  it('reads the documents of one file as several', async () => {
    const files = { 'compose.yaml': 'services: {web: {image: a}}\n---\nservices: {web: {image: b}}\n' };
    expect(await servicesOf({ files })).toEqual({ web: { image: 'b' } });
  });

  it('says which file is not there', async () => {
    expect(await readError(readFiles({ files: {} }))).toBe('there is no file /project/compose.yaml');
  });
});

describe('extends', () => {
  it('takes over from a service of the same file, which may extend another', async () => {
    const files = {
      'compose.yaml': `
        services:
          base: {image: nginx, environment: {A: "1"}}
          middle: {extends: base, environment: {B: "2"}}
          web: {extends: {service: middle}, environment: {A: "3"}}
      `,
    };
    expect((await servicesOf({ files })).web).toEqual({ image: 'nginx', environment: { A: '3', B: '2' } });
  });

  it('takes over from another file, whose paths begin at its own folder', async () => {
    const files = {
      'compose.yaml': 'services: {web: {extends: {file: lib/base.yaml, service: base}, user: www}}',
      'lib/base.yaml': 'services: {base: {image: "nginx:${TAG}", volumes: ["./html:/html"], env_file: a.env}}',
      'lib/a.env': 'A=1',
    };
    const { web } = await servicesOf({ files, env: { TAG: '1' } });
    expect(web).toMatchObject({
      image: 'nginx:1',
      user: 'www',
      environment: { A: '1' },
      volumes: [{ source: '/project/lib/html' }],
    });
  });

  it('takes over from a service of a file before', async () => {
    const files = { 'a.yaml': 'services: {base: {image: nginx}}', 'b.yaml': 'services: {web: {extends: base}}' };
    expect((await servicesOf({ files, named: ['a.yaml', 'b.yaml'] })).web).toEqual({ image: 'nginx' });
  });

  it.each([
    ['services: {web: {extends: web}}', 'services.web.extends leads back to itself'],
    ['services: {web: {extends: api}, api: {extends: web}}', 'leads back to itself'],
    ['services: {web: {extends: none}}', 'services.web.extends names the service none, which is not there'],
    [
      'services: {web: {extends: {file: none.yaml, service: x}}}',
      'services.web.extends names the file /project/none.yaml, which is not there',
    ],
    [
      'services: {web: {extends: {file: other.yaml, service: x}}}',
      'names the service x, which /project/other.yaml does not have',
    ],
  ])('%s is refused', async (text, message) => {
    expect(await readError(readFiles({ files: { 'compose.yaml': text, 'other.yaml': 'services: {}' } }))).toContain(message);
  });
});

describe('include', () => {
  it('brings everything of other files, with paths and variables of their own', async () => {
    const files = {
      'compose.yaml': `
        include:
          - db/compose.yaml
          - path: [cache.yaml]
            env_file: cache.env
        services: {web: {image: "nginx:\${TAG:-none}", depends_on: [db]}}
      `,
      'db/compose.yaml': 'services: {db: {image: "pg:${TAG}", volumes: ["data:/x", "./init:/init"]}}\nvolumes: {data: }',
      'db/.env': 'TAG=5',
      'cache.yaml': 'services: {cache: {image: "redis:${TAG}"}}',
      'cache.env': 'TAG=7',
    };
    const { model, warnings } = await readFiles({ files });
    expect(model.services).toMatchObject({ web: { image: 'nginx:none' }, db: { image: 'pg:5' }, cache: { image: 'redis:7' } });
    expect(model.services.db?.volumes?.[1]?.source).toBe('/project/db/init');
    expect(model.volumes).toEqual({ data: {} });
    expect(warnings).toEqual([]);
  });

  it.each([
    [{ 'compose.yaml': 'include: [compose.yaml]' }, 'include[0] leads back to compose.yaml'],
    [
      { 'compose.yaml': 'include: [b.yaml]', 'b.yaml': 'include: [compose.yaml]' },
      'b.yaml:1: include[0] leads back to compose.yaml',
    ],
    [{ 'compose.yaml': 'include: [b.yaml]' }, 'there is no file /project/b.yaml'],
    [
      { 'compose.yaml': 'include: [b.yaml]\nservices: {web: {image: a}}', 'b.yaml': 'services: {web: {image: b}}' },
      'include[0] brings services.web, which is something else here',
    ],
  ])('%j is refused', async (files, message) => {
    expect(await readError(readFiles({ files: files as unknown as Record<string, string> }))).toContain(message);
  });
});

describe('profiles', () => {
  const files = {
    'compose.yaml': `
      services:
        web: {image: a, depends_on: {debug: {condition: service_started, required: false}}}
        debug: {image: b, profiles: [dev, test]}
    `,
  };

  it.each<[string[], string[]]>([
    [[], ['web']],
    [['test'], ['web', 'debug']],
    [['other'], ['web']],
    [['*'], ['web', 'debug']],
  ])('%j', async (profiles, names) => expect(Object.keys(await servicesOf({ files, profiles }))).toEqual(names));

  it('forgets a dependency that is off when it is not required', async () => {
    expect((await servicesOf({ files })).web?.depends_on).toEqual({});
  });

  it('refuses a required one that is off, and says how to have it', async () => {
    const text = 'services: {web: {image: a, depends_on: [db]}, db: {image: b, profiles: [data]}}';
    expect(await readError(readFiles({ files: { 'compose.yaml': text } }))).toContain(
      'services.web.depends_on.db names a service that is in the profile data only: give --profile data',
    );
  });
});

describe('variables', () => {
  it('come from the shell, else from .env', async () => {
    const files = { 'compose.yaml': 'services: {web: {image: "$A$B", user: "${C:-none}"}}', '.env': 'A=file\nB=file' };
    expect((await servicesOf({ files, env: { A: 'shell' } })).web).toEqual({ image: 'shellfile', user: 'none' });
  });

  it('that have no value are told of once', async () => {
    const files = { 'compose.yaml': 'services: {web: {image: "a$NONE", user: "$NONE"}}' };
    expect((await readFiles({ files })).warnings).toEqual(['the variable NONE has no value and counts as empty']);
  });

  it('that are malformed or required are told of with their place', async () => {
    const read = (image: string) => readError(readFiles({ files: { 'compose.yaml': `services:\n  web:\n    image: ${image}` } }));
    expect(await read('a${')).toContain('compose.yaml:3: services.web.image cannot be used: has a $ that begins no variable');
    expect(await read('${TAG:?give a tag}')).toContain('services.web.image cannot be used: needs the variable TAG: give a tag');
  });

  it('stay as they are when nobody wants them filled in', async () => {
    const files = { 'compose.yaml': 'services: {web: {image: "a:$TAG", deploy: {replicas: "2"}}}' };
    expect((await servicesOf({ files, interpolate: false })).web?.image).toBe('a:$TAG');
  });

  it('of containers come from files first, then from the service, then from the shell', async () => {
    const files = {
      'compose.yaml': `
        services:
          web:
            image: a
            env_file: [one.env, {path: two.env, format: raw}, {path: none.env, required: false}]
            environment: {C: own, FROM_SHELL: , NOWHERE: }
      `,
      'one.env': 'A="one"\nB=one\nC=one',
      'two.env': 'B="two"',
    };
    const { web } = await servicesOf({ files, env: { FROM_SHELL: 'here' } });
    expect(web?.environment).toEqual({ A: 'one', B: '"two"', C: 'own', FROM_SHELL: 'here' });
  });
});
