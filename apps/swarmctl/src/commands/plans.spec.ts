import { EXIT } from '../exit-codes';
import { aNode, aService, aTask } from '../testing/api-objects';
import { CommandBench } from '../testing/command-bench';
import type { ApiObject } from '../testing/fake-manager';

const bench = new CommandBench();
beforeEach(() => bench.start());
afterEach(() => bench.stop());

beforeEach(() => {
  bench.manager.services.push(aService({ PreviousSpec: { Name: 'web', TaskTemplate: { ContainerSpec: { Image: 'nginx:0' } } } }));
  bench.manager.nodes = [aNode(), aNode({ ID: 'n2-id', Description: { Hostname: 'n2' } })];
});

const summary = (parts: ApiObject): ApiObject => ({ Start: 0, Stop: 0, Replace: 0, Move: 0, Keep: 0, Waiting: 0, ...parts });
const planned = (Slot: number, Action: string, parts: ApiObject = {}): ApiObject => ({
  Slot,
  Action,
  From: '',
  To: '',
  Reason: '',
  ...parts,
});

describe('service plan create', () => {
  const NO_ROOM = 'no suitable node (insufficient resources on 2 nodes)';

  it('tells how many tasks start where, and why others wait', async () => {
    bench.manager.plan = {
      Summary: summary({ Start: 3, Waiting: 2 }),
      Tasks: [
        planned(1, 'start', { To: 'n1-id' }),
        planned(2, 'start', { To: 'n2-id' }),
        planned(3, 'start', { To: 'n1-id' }),
        planned(4, 'wait', { Reason: NO_ROOM }),
        planned(5, 'wait', { Reason: NO_ROOM }),
      ],
      Warnings: ['mind this'],
    };
    expect(await bench.type('service plan create --name api --replicas 5 --reserve-memory 1g img sleep -x 1')).toBe(
      EXIT.wouldWait,
    );
    expect(bench.session.stdout.text.split('\n')).toEqual([
      'api: 3 to start, 0 to stop, 0 to replace, 0 to move, 0 to keep, 2 to wait for a node',
      '',
      'NODE      START     STOP      KEEP      TASKS AFTER',
      'n1        2         0         0         2',
      'n2        1         0         0         1',
      '',
      `2 would wait for a node: ${NO_ROOM} (api.4, api.5)`,
      '',
    ]);
    expect(bench.session.stderr.text).toContain('warning: mind this\n');
  });

  it('names the nodes that tasks of a global service would wait for', async () => {
    const Tasks = [planned(0, 'start', { To: 'n1-id' }), planned(0, 'wait', { To: 'n2-id', Reason: NO_ROOM })];
    bench.manager.plan = { Summary: summary({ Start: 1, Waiting: 1 }), Tasks, Warnings: [] };
    expect(await bench.type('service plan create --name api --mode global img')).toBe(EXIT.wouldWait);
    expect(bench.session.stdout.text).toContain('\nn1        1         0         0         1\n\n');
    expect(bench.session.stdout.text).toContain(`1 would wait for a node: ${NO_ROOM} (api.n2)\n`);
  });

  it('counts the slots of a job from zero, as the manager does', async () => {
    bench.manager.plan = { Summary: summary({ Waiting: 1 }), Tasks: [planned(0, 'wait', { Reason: NO_ROOM })], Warnings: [] };
    await bench.type('service plan create --name batch --mode replicated-job --replicas 2 img');
    expect(bench.session.stdout.text).toContain(`${NO_ROOM} (batch.0)\n`);
  });

  it('sends the spec that a create would send, and nothing else', async () => {
    bench.manager.plan = { Summary: summary({ Start: 1 }), Tasks: [planned(1, 'start', { To: 'n1-id' })], Warnings: [] };
    expect(await bench.type('service plan create --name api --env A=1 img')).toBe(EXIT.ok);
    expect(bench.manager.changes()).toEqual(['POST /services/plan']);
    expect(bench.manager.sent).toMatchObject({
      Name: 'api',
      TaskTemplate: { ContainerSpec: { Image: 'img:latest', Env: ['A=1'] } },
    });
    expect(bench.manager.services).toHaveLength(1);
  });

  it('prints the answer as JSON, with the same exit code', async () => {
    bench.manager.plan = { Summary: summary({ Waiting: 1 }), Tasks: [planned(1, 'wait')], Warnings: [], Later: 1 };
    expect(await bench.type('service plan create --format json img')).toBe(EXIT.wouldWait);
    expect(JSON.parse(bench.session.stdout.text)).toEqual(bench.manager.plan);
  });
});

describe('service plan update', () => {
  it('tells of each node what it gets and loses, and why', async () => {
    bench.manager.plan = {
      Summary: summary({ Stop: 1, Replace: 1, Move: 1, Keep: 1 }),
      Tasks: [
        planned(1, 'replace', { From: 'n1-id', To: 'n1-id', Reason: 'the spec has changed' }),
        planned(2, 'move', { From: 'n1-id', To: 'n2-id', Reason: 'node n1 is drained' }),
        planned(3, 'keep', { From: 'n2-id', To: 'n2-id' }),
        planned(4, 'stop', { From: 'gone-id', Reason: 'no longer wanted' }),
      ],
      Warnings: [],
    };
    expect(await bench.type('service plan update --replicas 3 web')).toBe(EXIT.ok);
    expect(bench.session.stdout.text.split('\n')).toEqual([
      'web: 0 to start, 1 to stop, 1 to replace, 1 to move, 1 to keep, 0 to wait for a node',
      '',
      'NODE      START     STOP      KEEP      TASKS AFTER',
      'gone-id   0         1         0         0',
      'n1        1         2         0         1',
      'n2        1         0         1         2',
      '',
      '1 would be replaced: the spec has changed (web.1)',
      '1 would move: node n1 is drained (web.2)',
      '1 would stop: no longer wanted (web.4)',
      '',
    ]);
    expect(bench.manager.changes()).toEqual(['POST /services/web-id/plan']);
    expect(bench.manager.sent).toMatchObject({ Mode: { Replicated: { Replicas: 3 } } });
  });

  it('names no more places than fit a line', async () => {
    const Tasks = Array.from({ length: 12 }, (_, index) => planned(index + 1, 'wait', { Reason: 'no room' }));
    bench.manager.plan = { Summary: summary({ Waiting: 12 }), Tasks, Warnings: [] };
    await bench.type('service plan update --force web');
    expect(bench.session.stdout.text).toContain('12 would wait for a node: no room (web.1, web.2, web.3');
    expect(bench.session.stdout.text).toContain('web.10 and 2 more)');
  });

  it('of a rollback is about the previous spec', async () => {
    bench.manager.plan = { Summary: summary({}), Tasks: [], Warnings: [] };
    expect(await bench.type('service plan update --rollback web')).toBe(EXIT.ok);
    expect(bench.manager.sent).toMatchObject({ TaskTemplate: { ContainerSpec: { Image: 'nginx:0' } } });
    bench.manager.services = [aService()];
    expect(await bench.type('service plan update --rollback web')).toBe(EXIT.refused);
    expect(bench.session.stderr.text).toContain('service web has no previous spec to go back to');
  });
});

describe('service rebalance', () => {
  beforeEach(() => {
    bench.manager.tasks = [aTask(), aTask({ ID: 'task-2', Slot: 2 })];
    bench.manager.moves = [{ TaskID: 'task-2', Slot: 2, From: 'n1-id', To: 'n2-id' }];
  });

  it('shows what would move, and moves nothing in a dry run', async () => {
    expect(await bench.type('service rebalance --dry-run --max-moves 3 web')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toBe('web.2: n1 → n2\n');
    expect(bench.manager.changes()).toEqual(['POST /services/web-id/rebalance?maxMoves=3&dryRun=1']);
    expect(bench.session.stderr.text).toBe('');
  });

  it('waits until the tasks run where they went', async () => {
    bench.whenTimePasses((passedMs) => {
      const started = aTask({ ID: 'new', Slot: 2, NodeID: 'n2-id' }, { State: passedMs < 2000 ? 'starting' : 'running' });
      const DesiredState = passedMs < 2000 ? 'running' : 'shutdown';
      bench.manager.tasks = [aTask(), aTask({ ID: 'task-2', Slot: 2, DesiredState }), started];
    });
    expect(await bench.type('service rebalance web')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toBe('web.2: n1 → n2\n');
    expect(bench.session.stderr.text).toContain('web: 1/2 running\n');
    expect(bench.session.stderr.text).toMatch(/web: converged, 2\/2 running\n$/);
    expect(bench.session.clock.monotonicMs()).toBe(7000);
  });

  it('does not take the time between two moves for their end, however short the monitor is', async () => {
    Object.assign(bench.manager.services[0]?.Spec as ApiObject, { UpdateConfig: { Monitor: 1e6 } });
    expect(await bench.type('service rebalance web')).toBe(EXIT.ok);
    expect(bench.session.clock.monotonicMs()).toBe(5000);
  });

  it('says which tasks have stayed after all', async () => {
    expect(await bench.type('service rebalance --quiet web')).toBe(EXIT.ok);
    expect(bench.session.stderr.text).toBe('note: web.2 has stayed where it was: the nodes have changed meanwhile\n');
  });

  it('is done at once when it is detached, or there is nothing to move', async () => {
    expect(await bench.type('service rebalance --detach web')).toBe(EXIT.ok);
    bench.manager.moves = [];
    expect(await bench.type('service rebalance web')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toBe('web.2: n1 → n2\nweb: nothing to move, the tasks are spread evenly\n');
    expect(bench.session.stderr.text).toBe('');
  });

  it('prints the answer as JSON', async () => {
    await bench.type('service rebalance --dry-run --format json web');
    expect(JSON.parse(bench.session.stdout.text)).toEqual({ Moves: bench.manager.moves, Started: false });
  });
});

describe('settings without a field in Docker', () => {
  const labels = (): unknown => (bench.manager.sent as { Labels: unknown }).Labels;

  it.each([
    { flags: '--update-progress-deadline 90s', gives: { 'swarmctl.progress-deadline': '1m30s' } },
    { flags: '--rebalance --label a=b', gives: { a: 'b', 'swarmctl.rebalance': 'true' } },
    { flags: '--rebalance=false', gives: {} },
  ])('are labels of a new service: $flags', async ({ flags, gives }) => {
    await bench.type(`service create --detach ${flags} img`);
    expect(labels() ?? {}).toEqual(gives);
  });

  it.each([
    { flags: '--rebalance=false --update-progress-deadline 1h', gives: { a: 'b', 'swarmctl.progress-deadline': '1h' } },
    { flags: '--force', gives: { 'swarmctl.rebalance': 'true', 'swarmctl.progress-deadline': '5m', a: 'b' } },
  ])('change with $flags', async ({ flags, gives }) => {
    const Labels = { 'swarmctl.rebalance': 'true', 'swarmctl.progress-deadline': '5m', a: 'b' };
    bench.manager.services = [aService({ Spec: { Name: 'web', Labels, TaskTemplate: { ContainerSpec: { Image: 'nginx:1' } } } })];
    await bench.type(`service update --detach ${flags} web`);
    expect(labels()).toEqual(gives);
  });
});
