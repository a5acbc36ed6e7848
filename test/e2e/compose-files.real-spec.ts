import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError } from '../lab/run-command';
import { SwarmUnderTest } from './swarm-under-test';

const BASE = `
x-base: &base
  image: busybox:latest
  stop_grace_period: 0s
  deploy: {update_config: {monitor: 1s}, labels: {swarmctl.drain-period: 0s}}
services:
  db:
    <<: *base
    command: sh -c "sleep 3; touch /ready; sleep 1000000"
    healthcheck: {test: test -e /ready, interval: 500ms, retries: 20}
    secrets: [pw]
    volumes: ["data:/data"]
  migrate:
    <<: *base
    command: sh -c 'echo migrated at \$\$(date +%s) >> /proc/1/fd/1'
    depends_on: {db: {condition: service_healthy}}
    deploy: {mode: replicated-job, restart_policy: {condition: none}}
  web:
    <<: *base
    command: sleep 1000000
    depends_on: {migrate: {condition: service_completed_successfully}}
    configs: [{source: conf, target: /etc/app.conf}]
    env_file: web.env
secrets: {pw: {environment: DB_PASSWORD}}
configs: {conf: {content: "greeting=\${GREETING:-hello}"}}
volumes: {data: }
`;
const PROD = `
services:
  web: {deploy: {replicas: 3}, environment: {STAGE: prod}}
  debug: {image: "busybox:latest", command: sleep 1000000, profiles: [debug], stop_grace_period: 0s}
`;

describe('swarmctl stack', () => {
  let swarm: SwarmUnderTest;
  const folder = mkdtempSync(join(tmpdir(), 'swarmctl-compose-'));
  beforeAll(async () => {
    for (const [name, text] of [
      ['compose.yaml', BASE],
      ['prod.yaml', PROD],
      ['web.env', 'LEVEL=info\n'],
    ] as const)
      writeFileSync(join(folder, name), text);
    swarm = await SwarmUnderTest.up('compose');
  }, 120_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await swarm?.down();
  });

  const FILES = ['-c', join(folder, 'compose.yaml'), '-c', join(folder, 'prod.yaml'), '--resolve-image', 'never'];
  const deploy = (env: Record<string, string>, ...flags: string[]) =>
    swarm.swarmctlIn({ DB_PASSWORD: 'first', ...env }, 'stack', 'deploy', ...FILES, ...flags, 'shop');
  /** When the first task of a service was made, and when it came to the state that it is in. */
  const timesOf = async (service: string): Promise<{ made: Date; arrived: Date }> => {
    const { stdout } = await swarm.swarmctl('service', 'ps', '--format', 'json', service);
    const [task] = JSON.parse(stdout) as { CreatedAt: string; Status: { Timestamp: string } }[];
    return { made: new Date(task?.CreatedAt ?? ''), arrived: new Date(task?.Status.Timestamp ?? '') };
  };
  const exec = async (task: string, ...command: string[]): Promise<string> =>
    (await swarm.swarmctl('task', 'exec', task, ...command)).stdout;

  it('deploys services in the order of what they depend on, and waits until all run', async () => {
    const { stdout, stderr } = await deploy({});
    expect(stdout.split('\n').filter((line) => line.includes('service'))).toEqual([
      'Creating service shop_db',
      'Creating service shop_migrate',
      'Creating service shop_web',
    ]);
    expect(stderr).toContain('shop_web: converged, 3/3 running');
    const [db, job, web] = await Promise.all(['shop_db', 'shop_migrate', 'shop_web'].map(timesOf));
    expect(db?.arrived.getTime()).toBeLessThan(job?.made.getTime() ?? 0);
    expect(job?.arrived.getTime()).toBeLessThan(web?.made.getTime() ?? 0);
    expect(await exec('shop_db.1', 'cat', '/run/secrets/pw')).toBe('first');
    expect(await exec('shop_web.1', 'sh', '-c', 'cat /etc/app.conf; echo " $LEVEL $STAGE"')).toBe('greeting=hello info prod\n');
  }, 60_000);

  it('changes nothing when nothing has changed', async () => {
    const before = await swarm.runningContainerIds();
    expect((await deploy({}, '--dry-run')).stdout).not.toMatch(/^[+~-]/m);
    expect((await deploy({})).stdout).toBe('');
    expect(await swarm.runningContainerIds()).toEqual(before);
  }, 60_000);

  it('rolls new values through the services that use them, and through no other', async () => {
    const [{ ID: migrated } = { ID: '' }] = await swarm.tasks('shop_migrate');
    const { stdout } = await deploy({ DB_PASSWORD: 'second', GREETING: 'hi' });
    expect(stdout.trim().split('\n')).toEqual([
      'Updating secret shop_pw',
      'Updating config shop_conf',
      'Updating service shop_db',
      'Updating service shop_web',
    ]);
    expect(await exec('shop_db.1', 'cat', '/run/secrets/pw')).toBe('second');
    expect(await exec('shop_web.2', 'cat', '/etc/app.conf')).toBe('greeting=hi');
    expect((await swarm.tasks('shop_migrate')).map(({ ID }) => ID)).toEqual([migrated]);
  }, 60_000);

  it('removes what the files do not have any more when told to', async () => {
    await deploy({ DB_PASSWORD: 'second', GREETING: 'hi' }, '--profile', 'debug');
    expect((await swarm.swarmctl('stack', 'services', '-q', 'shop')).stdout.trim().split('\n')).toHaveLength(4);
    expect((await deploy({ DB_PASSWORD: 'second', GREETING: 'hi' }, '--prune')).stdout).toBe('Removing service shop_debug\n');
    expect((await swarm.swarmctl('stack', 'services', 'shop')).stdout).not.toContain('debug');
  }, 60_000);

  it('ends with an exit code that tells what went wrong', async () => {
    const codeOf = async (running: Promise<unknown>): Promise<number | null | undefined> => {
      const error = await running.catch((failure: unknown) => failure);
      return error instanceof CommandError ? error.exitCode : 0;
    };
    writeFileSync(
      join(folder, 'broken.yaml'),
      'services: {web: {image: "busybox:latest", command: "false", deploy: {restart_policy: {delay: 0s}, update_config: {failure_action: rollback, monitor: 2s}}}}',
    );
    expect(await codeOf(deploy({ DB_PASSWORD: 'second', GREETING: 'hi' }, '-c', join(folder, 'broken.yaml')))).toBe(5);
    expect(
      await codeOf(deploy({ DB_PASSWORD: 'second', GREETING: 'hi' }, '--timeout', '1ms', '-c', join(folder, 'broken.yaml'))),
    ).toBe(124);
    expect(await codeOf(deploy({}, '-c', '/none.yaml'))).toBe(2);
  }, 90_000);

  it('shares stacks with the docker command line, and leaves nothing', async () => {
    expect((await swarm.docker('docker', 'stack', 'ls', '--format', '{{.Name}} {{.Services}}')).stdout).toBe('shop 3\n');
    await swarm.swarmctl('stack', 'rm', 'shop');
    expect(await swarm.containers()).toEqual([]);
    for (const noun of ['secret', 'config']) expect((await swarm.swarmctl(noun, 'ls', '-q')).stdout).toBe('');
    await expect(swarm.swarmctl('stack', 'rm', 'shop')).rejects.toMatchObject({ exitCode: 4 });
    await swarm.untilNoOverlays();
  }, 60_000);
});
