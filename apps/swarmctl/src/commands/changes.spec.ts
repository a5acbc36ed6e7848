import { EXIT } from '../exit-codes';
import { aNode, aService, aTask } from '../testing/api-objects';
import { CommandBench } from '../testing/command-bench';
import type { ApiObject } from '../testing/fake-manager';

const bench = new CommandBench();
beforeEach(() => bench.start());
afterEach(() => bench.stop());

const slot = (Slot: number, status: ApiObject = {}, parts: ApiObject = {}): ApiObject =>
  aTask({ ID: `t${Slot}`, Slot, ...parts }, status);

describe('service update', () => {
  beforeEach(() => {
    bench.manager.services.push(aService());
    bench.manager.tasks = [slot(1), slot(2)];
  });

  it('sends the changed spec with the version that it was made from', async () => {
    expect(await bench.type('service update --detach --force web')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toBe('web\n');
    expect(bench.manager.changes()).toEqual(['POST /services/web-id/update?version=5&registryAuthFrom=spec']);
    expect(bench.manager.services[0]).toMatchObject({ Spec: { TaskTemplate: { ForceUpdate: 1 } } });
  });

  it('makes the change again on what is there when somebody else was quicker', async () => {
    bench.manager.refusals.push({ status: 500, message: 'rpc error: code = Unknown desc = update out of sequence' });
    expect(await bench.type('service update --detach --force web')).toBe(EXIT.ok);
    expect(bench.manager.changes()).toHaveLength(2);
  });

  it('gives up when somebody else is always quicker', async () => {
    for (let tries = 0; tries < 3; tries++) bench.manager.refusals.push({ status: 500, message: 'update out of sequence' });
    expect(await bench.type('service update --detach --force web')).toBe(EXIT.refused);
    expect(bench.session.stderr.text).toContain('update out of sequence');
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
    bench.whenTimePasses(() => {
      Object.assign(bench.manager.services[0] ?? {}, { UpdateStatus: { State, Message: 'too many failures' } });
    });
    expect(await bench.type('service update --image nginx:2 web')).toBe(code);
    expect(bench.session.stderr.text).toContain(says);
  });

  it('does not know a service that is not there', async () => {
    expect(await bench.type('service update --force nope')).toBe(EXIT.notFound);
    expect(bench.session.stderr.text).toBe('swarmctl: service nope not found\n');
  });
});

it('service rollback succeeds when the service runs its former spec', async () => {
  bench.manager.services.push(aService());
  bench.manager.tasks = [slot(1), slot(2)];
  bench.whenTimePasses(() => {
    Object.assign(bench.manager.services[0] ?? {}, { UpdateStatus: { State: 'rollback_completed' } });
  });
  expect(await bench.type('service rollback web')).toBe(EXIT.ok);
  expect(bench.manager.changes()).toEqual(['POST /services/web-id/update?version=5&registryAuthFrom=spec&rollback=previous']);
});

describe('service scale', () => {
  beforeEach(() => {
    bench.manager.services.push(
      aService(),
      aService({ ID: 'all-id', Spec: { Name: 'all', Mode: { Global: {} }, TaskTemplate: {} } }),
    );
    bench.manager.tasks = [slot(1)];
  });

  it('changes and waits', async () => {
    expect(await bench.type('service scale web=1')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toBe('web scaled to 1\n');
    expect(bench.manager.services[0]).toMatchObject({ Spec: { Mode: { Replicated: { Replicas: 1 } } } });
    expect(bench.session.stderr.text).toContain('web: converged, 1/1 running');
  });

  it('goes on after one that cannot be scaled, and ends with its code', async () => {
    expect(await bench.type('service scale --detach all=3 nope=2 web=1')).toBe(EXIT.usage);
    expect(bench.session.stdout.text).toBe('web scaled to 1\n');
    expect(bench.session.stderr.text).toContain('only services of mode replicated or replicated-job can be scaled');
    expect(bench.session.stderr.text).toContain('service nope not found');
  });
});

describe('service rm', () => {
  it('goes on after one that is not there', async () => {
    bench.manager.services.push(aService());
    expect(await bench.type('service rm nope web')).toBe(EXIT.notFound);
    expect(bench.session.stdout.text).toBe('web\n');
    expect(bench.session.stderr.text).toBe('swarmctl: service nope not found\n');
    expect(bench.manager.services).toEqual([]);
  });
});

describe('nodes', () => {
  beforeEach(() => {
    bench.manager.nodes = [aNode({ Spec: { Role: 'worker', Availability: 'active', Labels: { a: '1', b: '2' } } })];
  });

  it('are updated from what they are', async () => {
    expect(await bench.type('node update --availability drain --label-add c=3 --label-rm a n1')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toBe('n1\n');
    expect(bench.manager.changes()).toEqual(['POST /nodes/n1-id/update?version=9']);
    expect(bench.manager.nodes[0]).toMatchObject({ Spec: { Role: 'worker', Availability: 'drain', Labels: { b: '2', c: '3' } } });
  });

  it('are promoted and demoted, in the words of docker', async () => {
    expect(await bench.type('node promote n1')).toBe(EXIT.ok);
    expect(bench.manager.nodes[0]).toMatchObject({
      Spec: { Role: 'manager', Availability: 'active', Labels: { a: '1', b: '2' } },
    });
    await bench.type('node promote n1');
    await bench.type('node demote n1');
    expect(await bench.type('node demote n1 nope')).toBe(EXIT.notFound);
    expect(bench.session.stdout.text.split('\n')).toEqual([
      'Node n1 promoted to a manager in the swarm.',
      'Node n1-id is already a manager.',
      'Manager n1 demoted in the swarm.',
      'Node n1-id is already a worker.',
      '',
    ]);
    expect(bench.manager.changes()).toHaveLength(2);
  });

  it('are removed', async () => {
    expect(await bench.type('node rm --force n1')).toBe(EXIT.ok);
    expect(bench.manager.changes()).toEqual(['DELETE /nodes/n1?force=1']);
  });
});
