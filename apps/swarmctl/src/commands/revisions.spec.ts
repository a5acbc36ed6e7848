import { EXIT } from '../exit-codes';
import { aNode, aService, aTask } from '../testing/api-objects';
import { CommandBench } from '../testing/command-bench';
import type { ApiObject } from '../testing/fake-manager';

const bench = new CommandBench();
beforeEach(() => bench.start());
afterEach(() => bench.stop());

const revision = (Number: number, Image: string, Change: ApiObject, CreatedAt = '2025-12-31T23:55:00Z'): ApiObject => ({
  Number,
  CreatedAt,
  Change,
  Spec: { Name: 'web', TaskTemplate: { ContainerSpec: { Image } } },
});

beforeEach(() => {
  bench.manager.services.push(aService());
  bench.manager.tasks = [aTask(), aTask({ ID: 'task-2', Slot: 2 })];
});

describe('service history', () => {
  beforeEach(() => {
    bench.manager.revisions = [
      revision(3, 'nginx:1', { Kind: 'rollback', Message: 'manually requested rollback' }),
      revision(2, 'nginx:2', { Kind: 'update', Message: '' }),
      revision(1, 'nginx:1', { Kind: 'create', Message: '' }, '2025-12-31T20:00:00Z'),
    ];
  });

  it('tells what changed in each revision, and marks the current one', async () => {
    expect(await bench.type('service history web')).toBe(EXIT.ok);
    expect(bench.session.stdout.text.split('\n')).toEqual([
      'REVISION   CREATED         KIND       CHANGES                   MESSAGE',
      '3 *        5 minutes ago   rollback   image nginx:2 → nginx:1   manually requested rollback',
      '2          5 minutes ago   update     image nginx:1 → nginx:2',
      '1          4 hours ago     create',
      '',
    ]);
  });

  it('says so when the revision before is not kept, and when nothing changed', async () => {
    bench.manager.revisions = [
      revision(12, 'nginx:2', { Kind: 'update', Message: '' }),
      revision(11, 'nginx:2', { Kind: 'update', Message: '' }),
    ];
    await bench.type('service history web');
    expect(bench.session.stdout.text).toMatch(/12 \* .*\(nothing\)\n11 .*\(the revision before is not kept\)\n/);
  });

  it.each([
    { flag: '', shown: `image nginx:1 → nginx:${'2'.repeat(37)}…` },
    { flag: '--no-trunc ', shown: `image nginx:1 → nginx:${'2'.repeat(90)}` },
  ])('shortens what changed unless told otherwise ("$flag")', async ({ flag, shown }) => {
    bench.manager.revisions[0] = revision(2, `nginx:${'2'.repeat(90)}`, { Kind: 'update', Message: '' });
    bench.manager.revisions[1] = revision(1, 'nginx:1', { Kind: 'create', Message: '' });
    await bench.type(`service history ${flag}web`);
    expect(bench.session.stdout.text).toContain(`${shown}\n`);
  });

  it('is one JSON array of the revisions as they came', async () => {
    await bench.type('service history --format json web');
    expect(JSON.parse(bench.session.stdout.text)).toEqual(bench.manager.revisions);
  });

  it('does not know a service that is not there', async () => {
    expect(await bench.type('service history nope')).toBe(EXIT.notFound);
  });
});

describe('service rollback --to', () => {
  it('goes back to that revision, and waits for it', async () => {
    bench.whenTimePasses(() => {
      Object.assign(bench.manager.services[0] ?? {}, { UpdateStatus: { State: 'rollback_completed' } });
    });
    expect(await bench.type('service rollback --to 2 web')).toBe(EXIT.ok);
    expect(bench.manager.changes()).toEqual(['POST /services/web-id/rollback?to=2']);
    expect(bench.session.stdout.text).toBe('web\n');
    expect(bench.session.stderr.text).toContain('web: converged, 2/2 running');
  });

  it('watches as long as the rollback is monitored', async () => {
    const spec = bench.manager.services[0]?.Spec as ApiObject;
    Object.assign(spec, { UpdateConfig: { Monitor: 1e9 }, RollbackConfig: { Monitor: 9e9 } });
    Object.assign(bench.manager.services[0] ?? {}, { UpdateStatus: { State: 'rollback_started' } });
    expect(await bench.type('service rollback --to 2 web')).toBe(EXIT.ok);
    expect(bench.session.clock.monotonicMs()).toBe(9000);
  });

  it('tries again when somebody else was quicker', async () => {
    bench.manager.refusals.push({ status: 500, message: 'rpc error: code = Unknown desc = update out of sequence' });
    expect(await bench.type('service rollback --detach --to 2 web')).toBe(EXIT.ok);
    expect(bench.manager.changes()).toHaveLength(2);
  });

  it('passes on which revisions there are', async () => {
    bench.manager.refusals.push({ status: 404, message: 'service web has no revision 9: it has 1 to 3' });
    expect(await bench.type('service rollback --to 9 web')).toBe(EXIT.notFound);
    expect(bench.session.stderr.text).toBe('swarmctl: service web has no revision 9: it has 1 to 3\n');
  });

  it('fails when the rollback is paused', async () => {
    bench.whenTimePasses(() => {
      Object.assign(bench.manager.services[0] ?? {}, { UpdateStatus: { State: 'rollback_paused', Message: 'why' } });
    });
    expect(await bench.type('service rollback --to 2 web')).toBe(EXIT.updateStopped);
    expect(bench.session.stderr.text).toContain('web: the rollback was paused: why');
  });
});

describe('an update that fails names the task and its error', () => {
  const because = 'due to failure or early termination of task broken7';
  const update = (UpdateStatus: ApiObject): void => {
    bench.whenTimePasses(() => Object.assign(bench.manager.services[0] ?? {}, { UpdateStatus }));
  };

  beforeEach(() => {
    bench.manager.nodes = [aNode()];
    bench.manager.tasks.push(
      aTask({ ID: 'broken7', Slot: 2, DesiredState: 'shutdown' }, { State: 'failed', Err: 'task: non-zero exit (1)' }),
    );
  });

  it('when it is paused', async () => {
    update({ State: 'paused', Message: `update paused ${because}` });
    expect(await bench.type('service update --quiet --image nginx:2 web')).toBe(EXIT.updateStopped);
    expect(bench.session.stderr.text).toContain(
      `web: the update was paused ${because}: web.2 on n1 failed: task: non-zero exit (1)\n`,
    );
  });

  it('when it has been rolled back, which the status does not say the reason of', async () => {
    bench.manager.revisions = [revision(3, 'nginx:1', { Kind: 'rollback', Message: `update rolled back ${because}` })];
    update({ State: 'rollback_completed', Message: 'rollback completed' });
    expect(await bench.type('service update --image nginx:2 web')).toBe(EXIT.updateStopped);
    expect(bench.session.stderr.text).toContain(
      `web: the update failed and was rolled back ${because}: web.2 on n1 failed: task: non-zero exit (1)\n`,
    );
  });

  it('also when the task is forgotten by then', async () => {
    bench.manager.tasks.pop();
    update({ State: 'paused', Message: `update paused ${because}` });
    expect(await bench.type('service update --image nginx:2 web')).toBe(EXIT.updateStopped);
    expect(bench.session.stderr.text).toContain(`web: the update was paused ${because}\n`);
  });

  it('does not repeat an error that the manager has told', async () => {
    update({ State: 'paused', Message: `update paused ${because}: it did not run within 60 s: task: non-zero exit (1)` });
    await bench.type('service update --image nginx:2 web');
    expect(bench.session.stderr.text).toContain('within 60 s: task: non-zero exit (1): web.2 on n1 failed\n');
  });
});
