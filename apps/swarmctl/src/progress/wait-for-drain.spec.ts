import { EXIT } from '../exit-codes';
import { aNode, aService, aTask } from '../testing/api-objects';
import { CommandBench } from '../testing/command-bench';
import type { ApiObject } from '../testing/fake-manager';
import { TestScreen } from '../testing/test-session';

const bench = new CommandBench();
beforeEach(async () => {
  await bench.start();
  bench.manager.nodes = [aNode(), aNode({ ID: 'n2-id', Description: { Hostname: 'n2' } })];
  bench.manager.services.push(aService());
  bench.manager.tasks = [onN1(1), onN1(2), aTask({ ID: 'c', Slot: 3, NodeID: 'n3-id' })];
});
afterEach(() => bench.stop());

const onN1 = (Slot: number, parts: ApiObject = {}): ApiObject => aTask({ ID: `t${Slot}`, Slot, ...parts });
const gone = (Slot: number): ApiObject => aTask({ ID: `t${Slot}`, Slot, DesiredState: 'shutdown' }, { State: 'shutdown' });
const drain = 'node update --availability drain --wait';

describe('node update --availability drain --wait', () => {
  it('ends when no task is left on the node, and says on the way what is', async () => {
    bench.whenTimePasses((passedMs) => {
      if (passedMs === 400) bench.manager.tasks = [onN1(1, { DesiredState: 'shutdown' }), onN1(2)];
      if (passedMs === 600) bench.manager.tasks = [gone(1), onN1(2)];
      if (passedMs === 800) bench.manager.tasks = [gone(1), gone(2)];
    });
    expect(await bench.type(`${drain} n1`)).toBe(EXIT.ok);
    expect(bench.manager.nodes[0]).toMatchObject({ Spec: { Availability: 'drain' } });
    expect(bench.session.stdout.text).toBe('n1\n');
    expect(bench.session.stderr.text.split('\n')).toEqual([
      'n1: draining, 2 tasks left',
      'web.1 running: waits for its turn',
      'web.2 running: waits for its turn',
      'web.1 running: stopping',
      'n1: draining, 1 task left',
      'n1: drained, no task runs on it',
      '',
    ]);
  });

  it('drains all nodes before it waits for the first', async () => {
    bench.manager.tasks = [];
    expect(await bench.type(`${drain} n1 n2`)).toBe(EXIT.ok);
    expect(bench.manager.changes()).toHaveLength(2);
    expect(bench.session.stderr.text).toBe('n1: drained, no task runs on it\nn2: drained, no task runs on it\n');
  });

  it('is not taken in by a node that is empty for a moment', async () => {
    bench.manager.tasks = [];
    bench.whenTimePasses((passedMs) => {
      if (passedMs === 200) bench.manager.tasks = [onN1(1)];
      if (passedMs === 1000) bench.manager.tasks = [gone(1)];
    });
    expect(await bench.type(`${drain} n1`)).toBe(EXIT.ok);
    expect(bench.session.clock.monotonicMs()).toBeGreaterThan(1000);
  });

  it('gives up after --timeout, and says what is left', async () => {
    expect(await bench.type(`${drain} --timeout 10s n1`)).toBe(EXIT.timeout);
    expect(bench.session.stderr.text).toContain(
      'n1: gave up waiting (--timeout) with 2 tasks left; the drain goes on by itself: swarmctl node ps n1\n',
    );
  });

  it('ends with Ctrl-C', async () => {
    bench.whenTimePasses((passedMs) => passedMs >= 1000 && bench.session.interrupt());
    expect(await bench.type(`${drain} n1`)).toBe(EXIT.interrupted);
  });

  it('ends when somebody takes it back', async () => {
    bench.whenTimePasses(() => {
      Object.assign(bench.manager.nodes[0] ?? {}, { Spec: { Role: 'worker', Availability: 'active' } });
    });
    expect(await bench.type(`${drain} n1`)).toBe(EXIT.refused);
    expect(bench.session.stderr.text).toContain('n1: is not to be drained any more');
  });

  it('draws on a terminal', async () => {
    bench.whenTimePasses(() => (bench.manager.tasks = [gone(1), gone(2)]), {
      stderr: new TestScreen(true),
      env: { NO_COLOR: '1' },
    });
    expect(await bench.type(`${drain} n1`)).toBe(EXIT.ok);
    expect(bench.session.stderr.text).toContain('\u001b[2K  web.1 running: waits for its turn\n');
  });

  it.each([
    ['node update --wait n1', '--wait only goes with --availability drain'],
    ['node update --availability drain --timeout 5s n1', '--timeout only goes with --wait'],
  ])('%s is refused', async (line, says) => {
    expect(await bench.type(line)).toBe(EXIT.usage);
    expect(bench.session.stderr.text).toContain(says);
    expect(bench.manager.requests).toEqual([]);
  });
});
