import { EXIT } from '../exit-codes';
import { aTask } from '../testing/api-objects';
import { CommandBench } from '../testing/command-bench';
import type { ApiObject } from '../testing/fake-manager';
import { TestScreen } from '../testing/test-session';

const bench = new CommandBench();
beforeEach(() => bench.start());
afterEach(() => bench.stop());

const slot = (Slot: number, status: ApiObject = {}, parts: ApiObject = {}): ApiObject =>
  aTask({ ID: `t${Slot}`, Slot, ...parts }, status);

describe('service create', () => {
  it('prints the id and returns at once when detached', async () => {
    expect(await bench.type('service create --detach --name web img')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toBe('id-of-web\n');
    expect(bench.session.stderr.text).toBe('');
    expect(bench.manager.services[0]).toMatchObject({
      Spec: { Name: 'web', TaskTemplate: { ContainerSpec: { Image: 'img:latest' } } },
    });
  });

  it('waits until all tasks run and have run for the monitor time', async () => {
    bench.whenTimePasses((passedMs) => {
      if (passedMs === 400)
        bench.manager.tasks = [
          slot(1, {}, { ServiceID: 'id-of-web' }),
          slot(2, { State: 'preparing' }, { ServiceID: 'id-of-web' }),
        ];
      if (passedMs === 1000)
        bench.manager.tasks = [slot(1, {}, { ServiceID: 'id-of-web' }), slot(2, {}, { ServiceID: 'id-of-web' })];
    });
    expect(await bench.type('service create --name web --replicas 2 img')).toBe(EXIT.ok);
    expect(bench.session.stdout.text).toBe('id-of-web\n');
    expect(bench.session.stderr.text.split('\n')).toEqual([
      'web: 0/2 running',
      'web: 1/2 running',
      'web: 2/2 running, making sure that it stays so',
      'web: converged, 2/2 running',
      '',
    ]);
    expect(bench.session.clock.monotonicMs()).toBe(6000);
  });

  it('watches as long as --update-monitor says', async () => {
    bench.whenTimePasses(() => {
      bench.manager.tasks = [slot(1, {}, { ServiceID: 'id-of-web' })];
    });
    expect(await bench.type('service create --quiet --name web --update-monitor 1s img')).toBe(EXIT.ok);
    expect(bench.session.clock.monotonicMs()).toBe(1200);
    expect(bench.session.stderr.text).toBe('');
  });

  it('gives up after --timeout, and says where it stood and why', async () => {
    bench.whenTimePasses(() => {
      const Err = 'no suitable node (insufficient resources on 3 nodes)';
      bench.manager.tasks = [slot(1, { State: 'pending', Err }, { ServiceID: 'id-of-web', NodeID: '' })];
    });
    expect(await bench.type('service create --timeout 10s --name web img')).toBe(EXIT.timeout);
    expect(bench.session.clock.monotonicMs()).toBe(10_000);
    expect(bench.session.stderr.text).toContain('web.1 pending: no suitable node (insufficient resources on 3 nodes)');
    expect(bench.session.stderr.text).toContain('web: gave up waiting (--timeout) at 0/1; the service goes on by itself');
  });

  it('keeps waiting while an image is refused again and again, and shows why', async () => {
    bench.whenTimePasses((passedMs) => {
      const ServiceID = 'id-of-web';
      bench.manager.tasks = [
        slot(1, { State: 'rejected', Err: 'No such image: img:nope' }, { ServiceID, ID: 'a', DesiredState: 'shutdown' }),
        slot(1, { State: 'preparing' }, { ServiceID, ID: 'b' }),
      ];
      if (passedMs >= 3000) bench.session.interrupt();
    });
    expect(await bench.type('service create --name web img:nope')).toBe(EXIT.interrupted);
    expect(
      bench.session.stderr.text.match(/web\.1 preparing: the one before was rejected: No such image: img:nope/g),
    ).toHaveLength(1);
    expect(bench.session.stderr.text).toContain(
      'web: interrupted at 0/1; the service goes on by itself: swarmctl service ps web',
    );
  });

  it('waits for a manager that is away for a moment', async () => {
    const ServiceID = 'id-of-web';
    bench.whenTimePasses((passedMs) => {
      bench.manager.tasks = [slot(1, {}, { ServiceID })];
      bench.manager.isAway = passedMs >= 1000 && passedMs < 4000;
    });
    expect(await bench.type('service create --name web img')).toBe(EXIT.ok);
    expect(bench.session.stderr.text).toContain('the manager does not answer, trying again');
    expect(bench.session.clock.monotonicMs()).toBe(9000);
  });

  it('does not wait for it for ever', async () => {
    bench.whenTimePasses((passedMs) => {
      bench.manager.isAway = passedMs >= 1000;
    });
    expect(await bench.type('service create --name web img')).toBe(EXIT.unreachable);
    expect(bench.session.clock.monotonicMs()).toBeGreaterThanOrEqual(30_000);
  });

  it('ends when the service is removed meanwhile', async () => {
    bench.whenTimePasses(() => {
      bench.manager.services = [];
    });
    expect(await bench.type('service create --name web img')).toBe(EXIT.notFound);
  });

  it('draws on a terminal, with colours unless NO_COLOR is set', async () => {
    const ServiceID = 'id-of-web';
    const happens = (): void => {
      bench.manager.tasks = [slot(1, {}, { ServiceID })];
    };
    bench.whenTimePasses(happens, { stderr: new TestScreen(true) });
    await bench.type('service create --name web img');
    expect(bench.session.stderr.text).toContain('\u001b[2K\u001b[32m  web.1 running\u001b[39m');
    bench.whenTimePasses(happens, { stderr: new TestScreen(true), env: { NO_COLOR: '1' } });
    await bench.type('service create --name web img');
    expect(bench.session.stderr.text).not.toContain('\u001b[32m');
  });

  it('prints what the manager refuses', async () => {
    bench.manager.refusals.push({ status: 409, message: 'name conflicts with an existing object: service web already exists' });
    expect(await bench.type('service create --name web img')).toBe(EXIT.refused);
    expect(bench.session.stderr.text).toBe('swarmctl: name conflicts with an existing object: service web already exists\n');
  });
});
