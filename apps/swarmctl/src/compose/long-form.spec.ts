import { readError, readServices } from './testing/read-files';

/** A service web, with some keys of its own. */
const web = async (keys: string): Promise<unknown> => {
  const lines = keys.split('\n').map((line) => `    ${line}`);
  return (
    await readServices(
      `services:\n  web:\n    image: nginx\n${lines.join('\n')}\nvolumes: {data: }\nnetworks: {front: }\nsecrets: {key: {file: key}}`,
    )
  ).web;
};

it.each<[string, object]>([
  ['command: sh -c "sleep 5"', { command: ['sh', '-c', 'sleep 5'] }],
  ['command: [sh, -c, "sleep 5"]', { command: ['sh', '-c', 'sleep 5'] }],
  ['command:', { command: null }],
  ['entrypoint: []', { entrypoint: [] }],
  ['environment: [A=1, B=x=y]', { environment: { A: '1', B: 'x=y' } }],
  ['environment: {A: 1, B: true, C: 0.5}', { environment: { A: '1', B: 'true', C: '0.5' } }],
  ['labels: [a.b=1, c]', { labels: { 'a.b': '1', c: '' } }],
  ['ports: [80]', { ports: [{ target: 80, protocol: 'tcp', mode: 'ingress' }] }],
  ['ports: ["8080:80/udp"]', { ports: [{ target: 80, published: '8080', protocol: 'udp', mode: 'ingress' }] }],
  [
    'ports: ["127.0.0.1:8080:80"]',
    { ports: [{ target: 80, published: '8080', protocol: 'tcp', mode: 'ingress', host_ip: '127.0.0.1' }] },
  ],
  ['ports: ["[::1]::80"]', { ports: [{ target: 80, protocol: 'tcp', mode: 'ingress', host_ip: '::1' }] }],
  [
    'ports: [{target: "80", published: 8080, mode: host}]',
    { ports: [{ target: 80, published: '8080', protocol: 'tcp', mode: 'host' }] },
  ],
  ['volumes: [/data]', { volumes: [{ type: 'volume', target: '/data' }] }],
  [
    'volumes: ["data:/data:ro,nocopy"]',
    { volumes: [{ type: 'volume', source: 'data', target: '/data', read_only: true, volume: { nocopy: true } }] },
  ],
  [
    'volumes: ["./html:/html:rshared"]',
    {
      volumes: [
        { type: 'bind', source: '/project/html', target: '/html', bind: { create_host_path: true, propagation: 'rshared' } },
      ],
    },
  ],
  [
    'volumes: [{type: tmpfs, target: /run, tmpfs: {size: 64m, mode: 0700}}]',
    { volumes: [{ type: 'tmpfs', target: '/run', tmpfs: { size: 67108864, mode: 0o700 } }] },
  ],
  ['secrets: [key]', { secrets: [{ source: 'key' }] }],
  ['secrets: [{source: key, mode: 0440, uid: "5"}]', { secrets: [{ source: 'key', mode: 0o440, uid: '5' }] }],
  ['secrets: [{source: key, mode: "0440"}]', { secrets: [{ source: 'key', mode: 0o440 }] }],
  ['networks: [front, default]', { networks: { front: null, default: null } }],
  ['networks: {front: {aliases: [a]}}', { networks: { front: { aliases: ['a'] } } }],
  [
    'healthcheck: {test: curl x, retries: "3", interval: 5s}',
    { healthcheck: { test: ['CMD-SHELL', 'curl x'], retries: 3, interval: '5s' } },
  ],
  ['extra_hosts: ["db=10.0.0.1", "db:10.0.0.2", "v6=[::1]"]', { extra_hosts: { db: ['10.0.0.1', '10.0.0.2'], v6: ['::1'] } }],
  ['extra_hosts: {db: 10.0.0.1}', { extra_hosts: { db: ['10.0.0.1'] } }],
  [
    'ulimits: {nofile: 100, nproc: {soft: 1, hard: 2}}',
    { ulimits: { nofile: { soft: 100, hard: 100 }, nproc: { soft: 1, hard: 2 } } },
  ],
  ['dns: 8.8.8.8', { dns: ['8.8.8.8'] }],
  [
    'deploy: {replicas: "3", resources: {limits: {cpus: 0.5, memory: 64M}}}',
    { deploy: { replicas: 3, resources: { limits: { cpus: '0.5', memory: '64M' } } } },
  ],
  ['init: "true"', { init: true }],
  ['x-note: anything', {}],
])('%s', async (keys, expected) => expect(await web(keys)).toEqual({ image: 'nginx', ...expected }));

it('reads anchors and merge keys', async () => {
  const services = await readServices(`
    x-base: &base {image: nginx, environment: {A: "1"}}
    services:
      web: {<<: *base, user: www}
      api: *base
  `);
  expect(services).toEqual({
    web: { image: 'nginx', environment: { A: '1' }, user: 'www' },
    api: { image: 'nginx', environment: { A: '1' } },
  });
});

it.each([
  ['imagee: x', 'compose.yaml:4: services.web.imagee is no key of the compose specification'],
  ['ports: 80', 'compose.yaml:4: services.web.ports has to be a list'],
  ['ports: ["80:http"]', "compose.yaml:4: services.web.ports[0] cannot be used: 'http' is not a port"],
  ['ports:\n  - 80\n  - {published: 90}', 'compose.yaml:6: services.web.ports[1] needs the key target'],
  ['ports: [{target: 80, host: 1}]', 'compose.yaml:4: services.web.ports[0].host is no key of the compose specification'],
  ['environment: 5', 'compose.yaml:4: services.web.environment has to be a map or a list'],
  ['command: {a: b}', 'compose.yaml:4: services.web.command has to be nothing or a text or a list'],
  ['command: "it\'s"', 'services.web.command cannot be used'],
  ['volumes: ["a:b:c:d"]', 'too many parts'],
  ['volumes: ["data:/data:fast"]', "'fast' is no option of a volume"],
  [
    'deploy: {update_config: {order: sideways}}',
    'services.web.deploy.update_config.order has to be one of start-first, stop-first',
  ],
  ['init: maybe', "services.web.init cannot be used: 'maybe' is neither true nor false"],
  ['extra_hosts: [db]', 'services.web.extra_hosts[0] is not of the form name=address'],
  ['volumes: ["other:/x"]', 'services.web.volumes[0] names other, which is not among the volumes of the file'],
  ['networks: [back]', 'services.web.networks.back names back, which is not among the networks of the file'],
  ['secrets: [other]', 'services.web.secrets[0] names other, which is not among the secrets of the file'],
  ['depends_on: [db]', 'services.web.depends_on.db names a service that is not there'],
  ['depends_on: [web]', 'services.web.depends_on leads back to itself: web → web'],
  ['env_file: none.env', 'services.web.env_file[0] names the file /project/none.env, which is not there'],
])('%s is refused', async (keys, message) => expect(await readError(web(keys))).toContain(message));

it.each([
  ['services: [', 'compose.yaml:2: Flow sequence'],
  ['services:\n  web: {}\n  web: {}\n', 'compose.yaml:3: Map keys must be unique'],
  ['- a', 'compose.yaml: is no map'],
  ['services: {web: {image: *none}}', 'Unresolved alias'],
  ['services: 5', 'compose.yaml:1: services has to be a map'],
])('%j is refused', async (text, message) => expect(await readError(readServices(text))).toContain(message));

it('names every fault of a file, each with its line', async () => {
  const message = await readError(readServices('services:\n  web:\n    imagee: x\n    ports: 5\n  db:\n    user: []\n'));
  expect(message.split('\n')).toEqual([
    'compose.yaml:3: services.web.imagee is no key of the compose specification',
    'compose.yaml:4: services.web.ports has to be a list',
    'compose.yaml:6: services.db.user has to be a text',
  ]);
});

it('refuses a file that would fill the memory', async () => {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `x-${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(', ')}]`,
  );
  const text = `x-0: &a0 [lol]\n${levels.join('\n')}\n`;
  expect(await readError(readServices(text))).toContain('Excessive alias count');
});
