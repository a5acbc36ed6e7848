import { EXIT } from '../exit-codes';
import { aNode, aService, aTask } from '../testing/api-objects';
import { CommandBench } from '../testing/command-bench';
import type { ApiObject } from '../testing/fake-manager';

const bench = new CommandBench();
beforeEach(() => bench.start());
afterEach(() => bench.stop());

const slot = (Slot: number, status: ApiObject = {}, parts: ApiObject = {}): ApiObject =>
  aTask({ ID: `t${Slot}`, Slot, ...parts }, status);

describe('lists', () => {
  beforeEach(() => {
    bench.manager.services.push(aService(), aService({ ID: 'api-id', Spec: { Name: 'api', TaskTemplate: {} } }));
    bench.manager.tasks = [slot(1), slot(2, { State: 'failed', Err: 'boom\u001b[31m' })];
    bench.manager.nodes = [aNode(), aNode({ ID: 'n2-id', Description: { Hostname: 'n2' } })];
    bench.manager.info = { Name: 'n1', NCPU: 2, MemTotal: 1024 ** 3, Swarm: { NodeID: 'n1-id', Nodes: 2 } };
  });

  it('services come by name, with how many tasks run', async () => {
    expect(await bench.type('service ls')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toMatch(/^ID +NAME +MODE[^\n]*\napi-id +api [^\n]*\nweb-id +web /);
    expect(bench.manager.requests).toEqual(['GET /services?status=true']);
  });

  it('filters are sent as the API has them', async () => {
    await bench.type('service ls --filter name=web --filter name=api --filter label=a=b');
    expect(bench.manager.requests).toEqual([
      'GET /services?filters={"name":{"web":true,"api":true},"label":{"a=b":true}}&status=true',
    ]);
  });

  it.each(['service ls', 'service ps web', 'node ls', 'node ps', 'service inspect web', 'node inspect n1', 'task inspect t1'])(
    '%s --format json is one JSON array of the objects as they came',
    async (line) => {
      bench.manager.services[0] = { ...bench.manager.services[0], NewField: 1 };
      expect(await bench.type(`${line} --format json`)).toBe(EXIT.ok);
      const kind = / ps|^task/.test(line)
        ? bench.manager.tasks
        : line.startsWith('node')
          ? bench.manager.nodes
          : bench.manager.services;
      for (const object of JSON.parse(bench.session.stdout.text) as unknown[]) expect(kind).toContainEqual(object);
    },
  );

  it.each([
    ['service ls -q', 'api-id\nweb-id\n'],
    ['service ps -q web', 't1\nt2\n'],
    ['node ls -q', 'n1-id\nn2-id\n'],
  ])('%s prints ids only', async (line, text) => {
    expect(await bench.type(line)).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toBe(text);
  });

  it('tasks come with the names of services and nodes, safe for a terminal', async () => {
    expect(await bench.type('service ps web')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toMatch(/\nt1 +web\.1 +nginx:1 +n1 +Running +Running/);
    expect(bench.session.stdout.text).toContain('"boom"');
    expect(bench.session.stdout.text).not.toContain('\u001b');
  });

  it('or with ids', async () => {
    await bench.type('service ps --no-resolve web');
    expect(bench.session.stdout.text).toMatch(/\nt1 +web-id\.1 +nginx:1 +n1-id /);
  });

  it('tasks of services that are there are shown even when another is not', async () => {
    expect(await bench.type('service ps nope web')).toBe(EXIT.notFound);
    expect(bench.session.stdout.text).toContain('web.1');
  });

  it('node ps is about the node of the manager, unless told otherwise', async () => {
    await bench.type('node ps');
    expect(bench.manager.requests).toContain('GET /nodes/n1-id');
    await bench.type('node ps --filter desired-state=running n2');
    expect(bench.manager.requests).toContain('GET /tasks?filters={"desired-state":{"running":true},"node":{"n2-id":true}}');
  });

  it('node ls marks the node of the manager', async () => {
    await bench.type('node ls');
    expect(bench.session.stdout.text).toContain('n1-id *   n1');
  });

  it('inspect shows what is found and fails for what is not', async () => {
    expect(await bench.type('service inspect --pretty nope web')).toBe(EXIT.notFound);
    expect(bench.session.stdout.text).toMatch(/^ID: +web-id\nName: +web\n/);
    expect(await bench.type('node inspect --pretty self')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toMatch(/ID: +n1-id\n/);
  });

  it('task inspect --pretty says why no node takes a task', async () => {
    const Err = 'no suitable node (2 nodes not available for new tasks)';
    bench.manager.tasks = [aTask({ ID: 't1', NodeID: '', ServiceID: 'gone-id' }, { State: 'pending', Err })];
    bench.manager.explanation = {
      Nodes: [
        { NodeID: 'n2-id', Hostname: 'n2', Admitted: false, Filter: 'ready', Reason: 'drained' },
        { NodeID: 'n1-id', Hostname: 'n1', Admitted: true },
      ],
      Desired: { State: 'running', Reason: 'task ended' },
      Failures: 3,
      Restarts: 0,
    };
    expect(await bench.type('task inspect --pretty t1 nope')).toBe(EXIT.notFound);
    expect(bench.session.stdout.text.split('\n')).toEqual([
      'ID:                 t1',
      'Name:               gone-id.1',
      'Service:            gone-id',
      'Image:              nginx:1',
      'Node:               none yet',
      'State:              pending',
      'Since:              2026-01-01T00:00:00Z (less than a second ago)',
      `Error:              ${Err}`,
      'Desired state:      running',
      'Because:            task ended',
      'Created:            2026-01-01T00:00:00Z (less than a second ago)',
      'Failures before it: 3',
      'Nodes:',
      '  n1:               would take it',
      '  n2:               drained',
      '',
    ]);
  });

  it('task inspect --pretty tells how a task ended', async () => {
    const ContainerStatus = { ContainerID: 'c1', PID: 0, ExitCode: 137 };
    bench.manager.tasks = [aTask({ ID: 't1', DesiredState: 'shutdown' }, { State: 'failed', ContainerStatus })];
    expect(await bench.type('task inspect --pretty t1')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toMatch(/Name: +web\.1\nService: +web\n[^]*Node: +n1\nState: +failed\n/);
    expect(bench.session.stdout.text).toMatch(/Container: +c1\nExit code: +137\n$/);
  });

  it('info and version tell what the manager says', async () => {
    await bench.type('info');
    expect(bench.session.stdout.text).toMatch(/Swarm:\n {2}Nodes: +2\n[^]*Memory: +1GiB/);
    bench.session.stdout.text = '';
    await bench.type('version --format json');
    expect(JSON.parse(bench.session.stdout.text)).toMatchObject({
      Client: { Version: expect.any(String) },
      Manager: { ApiVersion: '1.41' },
    });
    bench.session.stdout.text = '';
    await bench.type('info --format json');
    expect(JSON.parse(bench.session.stdout.text)).toEqual(bench.manager.info);
  });
});
