import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, type ExitCode } from './exit-codes';
import { runProgram } from './program';
import { aNode, aService, aTask } from './testing/api-objects';
import { FakeManager, type ApiObject } from './testing/fake-manager';
import { newTestSession, TestClock, TestScreen, type TestSession } from './testing/test-session';

let manager: FakeManager;
let session: TestSession;

beforeEach(async () => {
  manager = await FakeManager.start();
  session = newTestSession({ env: { SWARMCTL_HOST: manager.address } });
});
afterEach(() => manager.stop());

/** Types a command line; words are separated by single spaces. */
function type(line: string): Promise<ExitCode> {
  return runProgram(line.split(' '), session);
}

/** A clock at whose pauses `happens` is called, with the time since the start. */
function whenTimePasses(happens: (passedMs: number) => void): TestClock {
  return new TestClock(Date.parse('2026-01-01T00:00:00Z'), happens);
}

function newSession(clock: TestClock, stderr = new TestScreen()): void {
  session = newTestSession({ env: { SWARMCTL_HOST: manager.address }, clock, stderr });
}

const slot = (Slot: number, status: ApiObject = {}, parts: ApiObject = {}): ApiObject =>
  aTask({ ID: `t${Slot}`, Slot, ...parts }, status);

describe('the command line', () => {
  it('shows the help that is asked for, on standard output', async () => {
    expect(await type('--help')).toBe(EXIT.ok);
    expect(session.stdout.text).toMatch(/Usage: swarmctl[^]*service +Manage services[^]*Exit codes:\n {2}0 +done[^]*124 /);
    expect(session.stderr.text).toBe('');
  });

  it.each(['service create --help', 'help service create', 'service update --help', 'node ps --help', 'version --help'])(
    '%s has a description and examples',
    async (line) => {
      expect(await type(line)).toBe(EXIT.ok);
      expect(session.stdout.text).toMatch(/^Usage: swarmctl .*\n\n[A-Z][^]*Examples:\n {2}# /);
      expect(manager.requests).toEqual([]);
    },
  );

  it('groups the flags of a command and tells their defaults and choices', async () => {
    session = newTestSession({ stdout: new TestScreen(false, 200) });
    await type('service create --help');
    const help = session.stdout.text;
    expect(help).toMatch(/Rolling update:\n[^]*--update-order <choice> .*: stop-first, start-first \(default: stop-first\)/);
    expect(help).toMatch(/-p, --publish <port> .*may be repeated/);
    expect(help).not.toContain('--no-init');
  });

  it.each([
    { line: 'srvice ls', says: "unknown command 'srvice'\n(Did you mean service?)" },
    { line: 'service creat x', says: "unknown command 'creat'\n(Did you mean create?)" },
    { line: 'service create --replcas 3 x', says: "unknown option '--replcas'\n(Did you mean --replicas?)" },
    { line: 'service create', says: "missing required argument 'image'" },
    { line: 'service ls extra', says: 'too many arguments' },
    { line: 'service create --limit-memory', says: "option '--limit-memory <bytes>' argument missing" },
    { line: 'service create --limit-memory 5x img', says: "argument '5x' is invalid. '5x' is not a size" },
    { line: 'service create --limit-memory 5x img', says: 'For example: --limit-memory 512m' },
    { line: 'service create --init=perhaps img', says: "'perhaps' is neither true nor false" },
    { line: 'service create --mode global --replicas 2 img', says: '--replicas does not go with --mode global' },
    { line: 'service scale web', says: "'web' is not of the form SERVICE=REPLICAS" },
    { line: 'service ls --filter web', says: "'web' is not of the form name=value" },
    { line: 'service update --rollback --force web', says: '--rollback takes no other flag' },
    { line: '--host ssh://x service ls', says: 'ssh:// is not supported' },
    { line: 'service', says: 'Usage: swarmctl service <command>' },
  ])('refuses "$line"', async ({ line, says }) => {
    manager.services.push(aService());
    expect(await type(line)).toBe(EXIT.usage);
    expect(session.stderr.text).toContain(says);
    expect(session.stdout.text).toBe('');
    expect(manager.changes()).toEqual([]);
  });

  it('prints its version', async () => {
    expect(await type('--version')).toBe(EXIT.ok);
    expect(session.stdout.text).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('without a manager', () => {
  beforeEach(() => {
    session = newTestSession({ env: { DOCKER_HOST: 'unix:///nowhere/m.sock' } });
  });

  it('says which address was tried, why, and what to do', async () => {
    expect(await type('service ls')).toBe(EXIT.unreachable);
    expect(session.stderr.text).toMatch(
      /^swarmctl: cannot reach the manager at unix:\/\/\/nowhere\/m\.sock: there is no such socket\n\(address: from DOCKER_HOST\)\nIs the manager running/,
    );
  });

  it('still prints its own version', async () => {
    expect(await type('version')).toBe(EXIT.unreachable);
    expect(session.stdout.text).toMatch(/^Client:\n {2}Version: +\d/);
  });

  it('does not try the same for each of many', async () => {
    expect(await type('service rm a b c')).toBe(EXIT.unreachable);
    expect(session.stderr.text.match(/cannot reach/g)).toHaveLength(1);
  });
});

describe('service create', () => {
  it('prints the id and returns at once when detached', async () => {
    expect(await type('service create --detach --name web img')).toBe(EXIT.ok);
    expect(session.stdout.text).toBe('id-of-web\n');
    expect(session.stderr.text).toBe('');
    expect(manager.services[0]).toMatchObject({
      Spec: { Name: 'web', TaskTemplate: { ContainerSpec: { Image: 'img:latest' } } },
    });
  });

  it('waits until all tasks run and have run for the monitor time', async () => {
    newSession(
      whenTimePasses((passedMs) => {
        if (passedMs === 400)
          manager.tasks = [slot(1, {}, { ServiceID: 'id-of-web' }), slot(2, { State: 'preparing' }, { ServiceID: 'id-of-web' })];
        if (passedMs === 1000) manager.tasks = [slot(1, {}, { ServiceID: 'id-of-web' }), slot(2, {}, { ServiceID: 'id-of-web' })];
      }),
    );
    expect(await type('service create --name web --replicas 2 img')).toBe(EXIT.ok);
    expect(session.stdout.text).toBe('id-of-web\n');
    expect(session.stderr.text.split('\n')).toEqual([
      'web: 0/2 running',
      'web: 1/2 running',
      'web: 2/2 running, making sure that it stays so',
      'web: converged, 2/2 running',
      '',
    ]);
    expect(session.clock.monotonicMs()).toBe(6000);
  });

  it('watches as long as --update-monitor says', async () => {
    newSession(
      whenTimePasses(() => {
        manager.tasks = [slot(1, {}, { ServiceID: 'id-of-web' })];
      }),
    );
    expect(await type('service create --quiet --name web --update-monitor 1s img')).toBe(EXIT.ok);
    expect(session.clock.monotonicMs()).toBe(1200);
    expect(session.stderr.text).toBe('');
  });

  it('gives up after --timeout, and says where it stood and why', async () => {
    newSession(
      whenTimePasses(() => {
        const Err = 'no suitable node (insufficient resources on 3 nodes)';
        manager.tasks = [slot(1, { State: 'pending', Err }, { ServiceID: 'id-of-web', NodeID: '' })];
      }),
    );
    expect(await type('service create --timeout 10s --name web img')).toBe(EXIT.timeout);
    expect(session.clock.monotonicMs()).toBe(10_000);
    expect(session.stderr.text).toContain('web.1 pending: no suitable node (insufficient resources on 3 nodes)');
    expect(session.stderr.text).toContain('web: gave up waiting (--timeout) at 0/1; the service goes on by itself');
  });

  it('keeps waiting while an image is refused again and again, and shows why', async () => {
    newSession(
      whenTimePasses((passedMs) => {
        const ServiceID = 'id-of-web';
        manager.tasks = [
          slot(1, { State: 'rejected', Err: 'No such image: img:nope' }, { ServiceID, ID: 'a', DesiredState: 'shutdown' }),
          slot(1, { State: 'preparing' }, { ServiceID, ID: 'b' }),
        ];
        if (passedMs >= 3000) session.interrupt();
      }),
    );
    expect(await type('service create --name web img:nope')).toBe(EXIT.interrupted);
    expect(session.stderr.text.match(/web\.1 preparing: the one before was rejected: No such image: img:nope/g)).toHaveLength(1);
    expect(session.stderr.text).toContain('web: interrupted at 0/1; the service goes on by itself: swarmctl service ps web');
  });

  it('waits for a manager that is away for a moment', async () => {
    const ServiceID = 'id-of-web';
    newSession(
      whenTimePasses((passedMs) => {
        manager.tasks = [slot(1, {}, { ServiceID })];
        manager.isAway = passedMs >= 1000 && passedMs < 4000;
      }),
    );
    expect(await type('service create --name web img')).toBe(EXIT.ok);
    expect(session.stderr.text).toContain('the manager does not answer, trying again');
    expect(session.clock.monotonicMs()).toBe(9000);
  });

  it('does not wait for it for ever', async () => {
    newSession(
      whenTimePasses((passedMs) => {
        manager.isAway = passedMs >= 1000;
      }),
    );
    expect(await type('service create --name web img')).toBe(EXIT.unreachable);
    expect(session.clock.monotonicMs()).toBeGreaterThanOrEqual(30_000);
  });

  it('ends when the service is removed meanwhile', async () => {
    newSession(
      whenTimePasses(() => {
        manager.services = [];
      }),
    );
    expect(await type('service create --name web img')).toBe(EXIT.notFound);
  });

  it('draws on a terminal, with colours unless NO_COLOR is set', async () => {
    const ServiceID = 'id-of-web';
    const happens = (): void => {
      manager.tasks = [slot(1, {}, { ServiceID })];
    };
    newSession(whenTimePasses(happens), new TestScreen(true));
    await type('service create --name web img');
    expect(session.stderr.text).toContain('\u001b[2K\u001b[32m  web.1 running\u001b[39m');
    session = newTestSession({
      ...session,
      stderr: new TestScreen(true),
      env: { ...session.env, NO_COLOR: '1' },
      clock: whenTimePasses(happens),
    });
    await type('service create --name web img');
    expect(session.stderr.text).not.toContain('\u001b[32m');
  });

  it('prints what the manager refuses', async () => {
    manager.refusals.push({ status: 409, message: 'name conflicts with an existing object: service web already exists' });
    expect(await type('service create --name web img')).toBe(EXIT.refused);
    expect(session.stderr.text).toBe('swarmctl: name conflicts with an existing object: service web already exists\n');
  });
});

describe('service update', () => {
  beforeEach(() => {
    manager.services.push(aService());
    manager.tasks = [slot(1), slot(2)];
  });

  it('sends the changed spec with the version that it was made from', async () => {
    expect(await type('service update --detach --force web')).toBe(EXIT.ok);
    expect(session.stdout.text).toBe('web\n');
    expect(manager.changes()).toEqual(['POST /services/web-id/update?version=5&registryAuthFrom=spec']);
    expect(manager.services[0]).toMatchObject({ Spec: { TaskTemplate: { ForceUpdate: 1 } } });
  });

  it('makes the change again on what is there when somebody else was quicker', async () => {
    manager.refusals.push({ status: 500, message: 'rpc error: code = Unknown desc = update out of sequence' });
    expect(await type('service update --detach --force web')).toBe(EXIT.ok);
    expect(manager.changes()).toHaveLength(2);
  });

  it('gives up when somebody else is always quicker', async () => {
    for (let tries = 0; tries < 3; tries++) manager.refusals.push({ status: 500, message: 'update out of sequence' });
    expect(await type('service update --detach --force web')).toBe(EXIT.refused);
    expect(session.stderr.text).toContain('update out of sequence');
  });

  it.each([
    { State: 'paused', code: EXIT.updateStopped, says: 'web: the update was paused: too many failures' },
    { State: 'rollback_paused', code: EXIT.updateStopped, says: 'web: the rollback was paused: too many failures' },
    {
      State: 'rollback_completed',
      code: EXIT.updateStopped,
      says: 'web: the update failed and was rolled back: too many failures',
    },
    { State: 'completed', code: EXIT.ok, says: 'web: converged, 2/2 running' },
  ])('ends with $code when the update is $State', async ({ State, code, says }) => {
    newSession(
      whenTimePasses(() => {
        Object.assign(manager.services[0] ?? {}, { UpdateStatus: { State, Message: 'too many failures' } });
      }),
    );
    expect(await type('service update --image nginx:2 web')).toBe(code);
    expect(session.stderr.text).toContain(says);
  });

  it('does not know a service that is not there', async () => {
    expect(await type('service update --force nope')).toBe(EXIT.notFound);
    expect(session.stderr.text).toBe('swarmctl: service nope not found\n');
  });
});

it('service rollback succeeds when the service runs its former spec', async () => {
  manager.services.push(aService());
  manager.tasks = [slot(1), slot(2)];
  newSession(
    whenTimePasses(() => {
      Object.assign(manager.services[0] ?? {}, { UpdateStatus: { State: 'rollback_completed' } });
    }),
  );
  expect(await type('service rollback web')).toBe(EXIT.ok);
  expect(manager.changes()).toEqual(['POST /services/web-id/update?version=5&registryAuthFrom=spec&rollback=previous']);
});

describe('service scale', () => {
  beforeEach(() => {
    manager.services.push(aService(), aService({ ID: 'all-id', Spec: { Name: 'all', Mode: { Global: {} }, TaskTemplate: {} } }));
    manager.tasks = [slot(1)];
  });

  it('changes and waits', async () => {
    expect(await type('service scale web=1')).toBe(EXIT.ok);
    expect(session.stdout.text).toBe('web scaled to 1\n');
    expect(manager.services[0]).toMatchObject({ Spec: { Mode: { Replicated: { Replicas: 1 } } } });
    expect(session.stderr.text).toContain('web: converged, 1/1 running');
  });

  it('goes on after one that cannot be scaled, and ends with its code', async () => {
    expect(await type('service scale --detach all=3 nope=2 web=1')).toBe(EXIT.usage);
    expect(session.stdout.text).toBe('web scaled to 1\n');
    expect(session.stderr.text).toContain('--replicas only goes with services of mode replicated');
    expect(session.stderr.text).toContain('service nope not found');
  });
});

describe('service rm', () => {
  it('goes on after one that is not there', async () => {
    manager.services.push(aService());
    expect(await type('service rm nope web')).toBe(EXIT.notFound);
    expect(session.stdout.text).toBe('web\n');
    expect(session.stderr.text).toBe('swarmctl: service nope not found\n');
    expect(manager.services).toEqual([]);
  });
});

describe('lists', () => {
  beforeEach(() => {
    manager.services.push(aService(), aService({ ID: 'api-id', Spec: { Name: 'api', TaskTemplate: {} } }));
    manager.tasks = [slot(1), slot(2, { State: 'failed', Err: 'boom\u001b[31m' })];
    manager.nodes = [aNode(), aNode({ ID: 'n2-id', Description: { Hostname: 'n2' } })];
    manager.info = { Name: 'n1', NCPU: 2, MemTotal: 1024 ** 3, Swarm: { NodeID: 'n1-id', Nodes: 2 } };
  });

  it('services come by name, with how many tasks run', async () => {
    expect(await type('service ls')).toBe(EXIT.ok);
    expect(session.stdout.text).toMatch(/^ID +NAME +MODE[^\n]*\napi-id +api [^\n]*\nweb-id +web /);
    expect(manager.requests).toEqual(['GET /services?status=true']);
  });

  it('filters are sent as the API has them', async () => {
    await type('service ls --filter name=web --filter name=api --filter label=a=b');
    expect(manager.requests).toEqual(['GET /services?filters={"name":{"web":true,"api":true},"label":{"a=b":true}}&status=true']);
  });

  it.each(['service ls', 'service ps web', 'node ls', 'node ps', 'service inspect web', 'node inspect n1'])(
    '%s --format json is one JSON array of the objects as they came',
    async (line) => {
      manager.services[0] = { ...manager.services[0], NewField: 1 };
      expect(await type(`${line} --format json`)).toBe(EXIT.ok);
      const kind = line.includes('ps') ? manager.tasks : line.startsWith('node') ? manager.nodes : manager.services;
      for (const object of JSON.parse(session.stdout.text) as unknown[]) expect(kind).toContainEqual(object);
    },
  );

  it.each([
    ['service ls -q', 'api-id\nweb-id\n'],
    ['service ps -q web', 't1\nt2\n'],
    ['node ls -q', 'n1-id\nn2-id\n'],
  ])('%s prints ids only', async (line, text) => {
    expect(await type(line)).toBe(EXIT.ok);
    expect(session.stdout.text).toBe(text);
  });

  it('tasks come with the names of services and nodes, safe for a terminal', async () => {
    expect(await type('service ps web')).toBe(EXIT.ok);
    expect(session.stdout.text).toMatch(/\nt1 +web\.1 +nginx:1 +n1 +Running +Running/);
    expect(session.stdout.text).toContain('"boom"');
    expect(session.stdout.text).not.toContain('\u001b');
  });

  it('or with ids', async () => {
    await type('service ps --no-resolve web');
    expect(session.stdout.text).toMatch(/\nt1 +web-id\.1 +nginx:1 +n1-id /);
  });

  it('tasks of services that are there are shown even when another is not', async () => {
    expect(await type('service ps nope web')).toBe(EXIT.notFound);
    expect(session.stdout.text).toContain('web.1');
  });

  it('node ps is about the node of the manager, unless told otherwise', async () => {
    await type('node ps');
    expect(manager.requests).toContain('GET /nodes/n1-id');
    await type('node ps --filter desired-state=running n2');
    expect(manager.requests).toContain('GET /tasks?filters={"desired-state":{"running":true},"node":{"n2-id":true}}');
  });

  it('node ls marks the node of the manager', async () => {
    await type('node ls');
    expect(session.stdout.text).toContain('n1-id *   n1');
  });

  it('inspect shows what is found and fails for what is not', async () => {
    expect(await type('service inspect --pretty nope web')).toBe(EXIT.notFound);
    expect(session.stdout.text).toMatch(/^ID: +web-id\nName: +web\n/);
    expect(await type('node inspect --pretty self')).toBe(EXIT.ok);
    expect(session.stdout.text).toMatch(/ID: +n1-id\n/);
  });

  it('info and version tell what the manager says', async () => {
    await type('info');
    expect(session.stdout.text).toMatch(/Swarm:\n {2}Nodes: +2\n[^]*Memory: +1GiB/);
    session.stdout.text = '';
    await type('version --format json');
    expect(JSON.parse(session.stdout.text)).toMatchObject({
      Client: { Version: expect.any(String) },
      Manager: { ApiVersion: '1.41' },
    });
    session.stdout.text = '';
    await type('info --format json');
    expect(JSON.parse(session.stdout.text)).toEqual(manager.info);
  });
});

describe('nodes', () => {
  beforeEach(() => {
    manager.nodes = [aNode({ Spec: { Role: 'worker', Availability: 'active', Labels: { a: '1', b: '2' } } })];
  });

  it('are updated from what they are', async () => {
    expect(await type('node update --availability drain --label-add c=3 --label-rm a n1')).toBe(EXIT.ok);
    expect(session.stdout.text).toBe('n1\n');
    expect(manager.changes()).toEqual(['POST /nodes/n1-id/update?version=9']);
    expect(manager.nodes[0]).toMatchObject({ Spec: { Role: 'worker', Availability: 'drain', Labels: { b: '2', c: '3' } } });
  });

  it('are removed', async () => {
    expect(await type('node rm --force n1')).toBe(EXIT.ok);
    expect(manager.changes()).toEqual(['DELETE /nodes/n1?force=1']);
  });
});

describe('credentials for the registry', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'docker-config-'));
    session = newTestSession({ env: { SWARMCTL_HOST: manager.address, DOCKER_CONFIG: folder } });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const decoded = (): unknown => JSON.parse(Buffer.from(manager.registryAuth ?? '', 'base64url').toString('utf8'));

  it('are those that docker login left', async () => {
    const auth = Buffer.from('user:pass:word').toString('base64');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { 'registry.test': { auth } } }));
    expect(await type('service create --detach --with-registry-auth registry.test/app')).toBe(EXIT.ok);
    expect(decoded()).toEqual({ username: 'user', password: 'pass:word', serveraddress: 'registry.test' });
  });

  it('are empty without any', async () => {
    expect(await type('service create --detach --with-registry-auth registry.test/app')).toBe(EXIT.ok);
    expect(decoded()).toEqual({});
  });

  it('are not sent unless asked for', async () => {
    await type('service create --detach registry.test/app');
    expect(manager.registryAuth).toBeUndefined();
  });

  it('fail clearly when the config is broken', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.json'), '{');
    expect(await type('service create --detach --with-registry-auth registry.test/app')).toBe(EXIT.usage);
    expect(session.stderr.text).toContain('config.json is not valid JSON');
  });
});
