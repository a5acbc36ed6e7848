import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dedent } from '../compose/testing/dedent';
import { EXIT } from '../exit-codes';
import { aNode, aTask } from '../testing/api-objects';
import { CommandBench } from '../testing/command-bench';
import type { ApiObject } from '../testing/fake-manager';
import { TestClock } from '../testing/test-session';

const bench = new CommandBench();
let folder: string;
beforeEach(async () => {
  await bench.start();
  bench.manager.nodes = [aNode()];
  folder = mkdtempSync(join(tmpdir(), 'stacks-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await bench.stop();
});

/** What the tasks of a service come to: the state that each of them has, some time after it was made. */
type Fates = Readonly<Record<string, (passedMs: number) => string>>;

/** Types a command line in a folder with one compose file, while tasks of services that are there go their ways. */
function typeWith(compose: string, line: string, fates: Fates = {}): Promise<number> {
  writeFileSync(join(folder, 'compose.yaml'), dedent(compose));
  const live = (passedMs: number): void => {
    bench.manager.tasks = bench.manager.services.map((service) => {
      const { ID, Spec } = service;
      const { Name } = Spec as { Name: string };
      const fate = fates[Name]?.(passedMs) ?? 'running';
      if (fate === 'rolled back') service.UpdateStatus = { State: 'rollback_completed' };
      const state = fate === 'rolled back' ? 'running' : fate;
      return aTask(
        { ID: `task-of-${Name}`, ServiceID: ID, DesiredState: state === 'failed' ? 'shutdown' : 'running' },
        { State: state },
      );
    });
  };
  bench.session = bench.newSession({
    cwd: folder,
    clock: new TestClock(Date.parse('2026-01-01T00:00:00Z'), live),
    env: bench.session.env,
  });
  return bench.type(line);
}

const deploy = (compose: string, fates: Fates = {}, flags = ''): Promise<number> =>
  typeWith(compose, `stack deploy${flags} st`, fates);
const created = (): string[] => bench.manager.changes().filter((request) => request.includes('create'));
const services = (): unknown[] => bench.manager.services.map(({ Spec }) => (Spec as ApiObject).Name);
const said = (): string => bench.session.stderr.text.replace(/^warning: .*\n/gm, '');

const CHAIN = `
  services:
    web: {image: a, depends_on: {migrate: {condition: service_completed_successfully}}}
    migrate: {image: b, restart: "no", depends_on: {db: {condition: service_healthy}}}
    db: {image: c}
`;

describe('stack deploy', () => {
  it('makes networks, secrets and configs first, then services', async () => {
    const compose = `
      services: {web: {image: a, secrets: [s], configs: [c]}}
      secrets: {s: {environment: S}}
      configs: {c: {content: text}}
    `;
    bench.session = bench.newSession({ env: { S: 'geheim' } });
    expect(await deploy(compose)).toBe(EXIT.ok);
    expect(created()).toEqual(['POST /networks/create', 'POST /secrets/create', 'POST /configs/create', 'POST /services/create']);
    const [{ Spec: secret }, { Spec: config }] = [...bench.manager.secrets, ...bench.manager.configs] as [ApiObject, ApiObject];
    expect([secret, config]).toMatchObject([
      { Name: 'st_s', Data: Buffer.from('geheim').toString('base64') },
      { Name: 'st_c', Data: Buffer.from('text').toString('base64') },
    ]);
    expect(JSON.stringify(bench.manager.services)).toContain('id-of-st_s');
    expect(bench.session.stdout.text).not.toContain('geheim');
  });

  it('creates each service when those that it depends on are as it wants them', async () => {
    const fates = {
      st_db: (passedMs: number) => (passedMs < 1000 ? 'starting' : 'running'),
      st_migrate: (passedMs: number) => (passedMs < 3000 ? 'running' : 'complete'),
    };
    expect(await deploy(CHAIN, fates)).toBe(EXIT.ok);
    expect(services()).toEqual(['st_db', 'st_migrate', 'st_web']);
    expect(said()).toContain('st_migrate: waits for st_db to be healthy\nst_web: waits for st_migrate to complete\n');
    expect(said()).toContain('st_migrate: converged, 1/1 running');
    expect(bench.session.clock.monotonicMs()).toBeGreaterThanOrEqual(3000);
  });

  it('does not create what depends on something that has stopped for good', async () => {
    const compose = `
      services:
        web: {image: a, depends_on: [api]}
        api: {image: a, depends_on: {job: {condition: service_completed_successfully}}}
        job: {image: b, deploy: {mode: replicated-job, restart_policy: {condition: none}}}
        other: {image: c}
    `;
    expect(await deploy(compose, { st_job: () => 'failed' })).toBe(EXIT.jobFailed);
    expect(services()).toEqual(['st_job', 'st_other']);
    expect(said()).toContain('st_job: job failed, 0/1 completed');
    expect(said()).toContain('st_api: not deployed, since it depends on st_job');
    expect(said()).toContain('st_web: not deployed, since it depends on st_job');
  });

  it('waits for a service to complete for longer than a service has to be stable', async () => {
    const compose =
      'services: {web: {image: a, depends_on: {once: {condition: service_completed_successfully}}}, once: {image: b}}';
    expect(await deploy(compose, { st_once: (passedMs) => (passedMs < 20_000 ? 'running' : 'complete') })).toBe(EXIT.ok);
    expect(bench.session.clock.monotonicMs()).toBeGreaterThanOrEqual(20_000);
    expect(services()).toEqual(['st_once', 'st_web']);
  });

  it('ends when such a service fails, which nothing replaces', async () => {
    const compose =
      'services: {web: {image: a, depends_on: {once: {condition: service_completed_successfully}}}, once: {image: b}}';
    expect(await deploy(compose, { st_once: (passedMs) => (passedMs < 3_000 ? 'running' : 'failed') })).toBe(EXIT.jobFailed);
    expect(said()).toContain('st_web: not deployed, since it depends on st_once');
  });

  it('does not change what depends on something whose update was rolled back', async () => {
    const compose = (image: string): string => `services: {web: {image: ${image}, depends_on: [db]}, db: {image: ${image}}}`;
    expect(await deploy(compose('one'))).toBe(EXIT.ok);
    // None is up to date at first.
    bench.manager.tasks = [];
    const fate = (passedMs: number): string => (passedMs < 1000 ? 'starting' : 'rolled back');
    expect(await deploy(compose('two'), { st_db: fate })).toBe(EXIT.updateStopped);
    expect(said()).toContain('st_web: not deployed, since it depends on st_db');
    expect(bench.manager.changes().filter((request) => request.includes('/update'))).toHaveLength(1);
  });

  it('gives up after --timeout, and says what is left', async () => {
    expect(await deploy(CHAIN, { st_db: () => 'starting' }, ' --timeout 5s')).toBe(EXIT.timeout);
    expect(said()).toContain(
      'st: gave up waiting (--timeout) with 3 of 3 services not there yet; not deployed: st_migrate, st_web; what was begun goes on by itself',
    );
  });

  it('with --detach waits for what services depend on, and for nothing else', async () => {
    expect(await deploy(CHAIN, { st_migrate: () => 'complete', st_web: () => 'starting' }, ' --detach')).toBe(EXIT.ok);
    expect(services()).toEqual(['st_db', 'st_migrate', 'st_web']);
    expect(bench.session.clock.monotonicMs()).toBeLessThan(2000);
  });

  it('removes what is not in the files any more with --prune, and only when all went well', async () => {
    const stale = { Name: 'st_old', Labels: { 'com.docker.stack.namespace': 'st' } };
    bench.manager.services.push({ ID: 'old-id', Version: { Index: 1 }, Spec: stale });
    const job = 'services: {job: {image: b, deploy: {mode: replicated-job, restart_policy: {condition: none}}}}';
    expect(await deploy(job, { st_job: () => 'failed' }, ' --prune')).toBe(EXIT.jobFailed);
    expect(services()).toContain('st_old');
    bench.manager.services = bench.manager.services.filter(({ ID }) => ID === 'old-id');
    expect(await deploy(job, { st_job: () => 'complete' }, ' --prune')).toBe(EXIT.ok);
    expect(services()).toEqual(['st_job']);
    expect(bench.session.stdout.text).toContain('Removing service st_old\n');
  });

  it('does nothing with --dry-run but say what would be done', async () => {
    const compose = 'services: {web: {image: a, secrets: [s]}}\nsecrets: {s: {content: x, name: !reset null}}'.replace(
      'content: x, name: !reset null',
      'environment: HOME',
    );
    bench.session = bench.newSession({ env: { HOME: '/root' } });
    bench.manager.networks = [
      { Id: 'net', Name: 'st_default', Driver: 'overlay', Labels: { 'com.docker.stack.namespace': 'st' } },
    ];
    expect(await deploy(compose, {}, ' --dry-run')).toBe(EXIT.ok);
    expect(bench.manager.changes()).toEqual([]);
    expect(bench.session.stdout.text).toBe('= network st_default\n+ secret st_s\n+ service st_web\n');
    await deploy(compose, {}, ' --dry-run --format json');
    expect(JSON.parse(bench.session.stdout.text)).toContainEqual({
      kind: 'create',
      noun: 'service',
      name: 'st_web',
      details: [],
    });
  });

  it('replaces the tasks of a service when one changes that it depends on with restart: true', async () => {
    const compose = (image: string): string =>
      `services: {web: {image: a, depends_on: {db: {condition: service_started, restart: true}}}, db: {image: ${image}}}`;
    expect(await deploy(compose('one'))).toBe(EXIT.ok);
    expect(await deploy(compose('one'))).toBe(EXIT.ok);
    expect(bench.manager.changes().filter((request) => request.includes('/update'))).toEqual([]);
    expect(await deploy(compose('two'))).toBe(EXIT.ok);
    const web = bench.manager.services.find(({ ID }) => ID === 'id-of-st_web');
    expect(web).toMatchObject({ Spec: { TaskTemplate: { ForceUpdate: 1 } } });
  });

  it.each([
    [
      'services: {web: {image: a, networks: [n]}}\nnetworks: {n: {external: true}}',
      EXIT.notFound,
      'network n is external, and not there',
    ],
    [
      'services: {web: {image: a, secrets: [s]}}\nsecrets: {s: {file: none}}',
      EXIT.usage,
      'compose.yaml:2: secrets.s.file cannot be read',
    ],
    [
      'services: {web: {image: a, secrets: [s]}}\nsecrets: {s: {environment: NONE}}',
      EXIT.usage,
      'names the variable NONE, which has no value',
    ],
    [
      'services: {web: {image: a, configs: [s]}}\nconfigs: {s: {content: a, file: b}}',
      EXIT.usage,
      'configs.s needs one of the keys',
    ],
    [
      'services: {web: {image: a, ports: [x]}}',
      EXIT.usage,
      "compose.yaml:1: services.web.ports[0] cannot be used: 'x' is not a port",
    ],
    ['services: {web: {imagee: a}}', EXIT.usage, 'services.web.imagee is no key of the compose specification'],
  ])('%s is refused before anything is made', async (compose, code, message) => {
    expect(await deploy(compose)).toBe(code);
    expect(bench.manager.changes()).toEqual([]);
    expect(said()).toContain(message);
  });

  it.each(['a/b', '', '-x'.repeat(40)])("refuses '%s' as the name of a stack", async (name) => {
    writeFileSync(join(folder, 'compose.yaml'), `name: "${name}"\nservices: {web: {image: a}}\n`);
    bench.session = bench.newSession({ cwd: folder });
    expect(await bench.type('stack deploy')).toBe(EXIT.usage);
    expect(said()).not.toBe('');
  });

  it('says that there is no compose file', async () => {
    bench.session = bench.newSession({ cwd: folder });
    expect(await bench.type('stack deploy st')).toBe(EXIT.usage);
    expect(said()).toContain('there is no compose file here (compose.yaml, compose.yml');
  });
});

describe('stack config', () => {
  it('prints the files as one without asking a manager', async () => {
    bench.manager.isAway = true;
    writeFileSync(join(folder, 'b.yaml'), 'services: {web: {user: www}}');
    const compose = 'services: {web: {image: "nginx:${TAG:-1}", ports: ["80:80"], environment: [A=1]}}';
    expect(await typeWith(compose, 'stack config -c compose.yaml -c b.yaml')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toBe(
      dedent(`
        services:
          web:
            image: nginx:1
            ports:
              - target: 80
                published: "80"
                protocol: tcp
                mode: ingress
            environment:
              A: "1"
            user: www
      `),
    );
    await typeWith(compose, 'stack config --services');
    expect(bench.session.stdout.text).toBe('web\n');
  });
});

describe('the stacks that are there', () => {
  const inStack = (name: string, stack: string): ApiObject => ({
    ID: `id-of-${name}`,
    Version: { Index: 1 },
    Spec: { Name: name, Labels: { 'com.docker.stack.namespace': stack }, TaskTemplate: { ContainerSpec: { Image: 'a' } } },
    ServiceStatus: { RunningTasks: 1, DesiredTasks: 1 },
  });

  it('are listed with their services', async () => {
    bench.manager.services = [inStack('b_web', 'b'), inStack('a_web', 'a'), inStack('a_db', 'a')];
    expect(await bench.type('stack ls')).toBe(EXIT.ok);
    expect(bench.session.stdout.text.split('\n').slice(1, 3)).toEqual([
      expect.stringMatching(/^a +2 +2\/2$/),
      expect.stringMatching(/^b +1 +1\/1$/),
    ]);
  });

  it('are removed, services before what they use, and waited for until no task is left', async () => {
    bench.manager.services = [inStack('st_web', 'st')];
    const labels = { 'com.docker.stack.namespace': 'st' };
    bench.manager.secrets = [
      { ID: 's', Spec: { Name: 'st_s', Labels: labels } },
      { ID: 'o', Spec: { Name: 'other' } },
    ];
    bench.manager.networks = [{ Id: 'n', Name: 'st_default', Labels: labels }];
    bench.manager.tasks = [aTask({ ServiceID: 'id-of-st_web' })];
    bench.whenTimePasses((passedMs) => passedMs >= 1000 && (bench.manager.tasks = []));
    expect(await bench.type('stack rm st')).toBe(EXIT.ok);
    expect(bench.manager.changes()).toEqual(['DELETE /services/id-of-st_web', 'DELETE /secrets/s', 'DELETE /networks/n']);
    expect(bench.session.stderr.text).toBe('st: 1 task left\n');
  });

  it.each(['stack rm none', 'stack ps none', 'stack services none'])('%s says that there is nothing', async (line) => {
    expect(await bench.type(line)).toBe(EXIT.notFound);
    expect(said()).toBe('swarmctl: nothing found in stack: none\n');
  });
});
