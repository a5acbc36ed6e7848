import fc from 'fast-check';
import { TaskState } from '#common/domain';
import type { TaskStatus } from '#common/proto';
import { StatusReporter } from './status-reporter';

const statusNo = (n: number): TaskStatus => ({
  timestamp: String(n),
  state: TaskState.running,
  message: '',
  err: '',
  containerStatus: undefined,
  portStatus: undefined,
});
const numbers = (batch: ReturnType<StatusReporter['take']>) => batch.map(({ taskId, status }) => [taskId, status?.timestamp]);

describe('statuses that wait to be sent', () => {
  it('are only the newest of each task', () => {
    const reporter = new StatusReporter();
    reporter.report('a', statusNo(1));
    reporter.report('b', statusNo(2));
    reporter.report('a', statusNo(3));
    expect(numbers(reporter.take())).toEqual([
      ['a', '3'],
      ['b', '2'],
    ]);
  });

  it('are taken once', () => {
    const reporter = new StatusReporter();
    reporter.report('a', statusNo(1));
    reporter.take();
    expect(reporter.take()).toEqual([]);
  });

  it('are all there again for a new session, also those that were taken', () => {
    const reporter = new StatusReporter();
    reporter.report('a', statusNo(1));
    reporter.take();
    reporter.report('b', statusNo(2));
    reporter.resendAll();
    expect(numbers(reporter.take()).sort()).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it('are gone with their task', () => {
    const reporter = new StatusReporter();
    reporter.report('a', statusNo(1));
    reporter.forget('a');
    reporter.resendAll();
    expect(reporter.take()).toEqual([]);
  });

  it('of a state that is only passed through are announced late, and together with what is urgent', () => {
    jest.useFakeTimers();
    try {
      const reporter = new StatusReporter(100);
      const batches: unknown[][] = [];
      reporter.onUnsent(() => batches.push(reporter.take().map(({ status }) => status?.state)));
      reporter.report('a', { ...statusNo(1), state: TaskState.preparing });
      expect(batches).toEqual([]);
      reporter.report('b', statusNo(2));
      expect(batches).toEqual([[TaskState.preparing, TaskState.running]]);
      reporter.report('a', { ...statusNo(3), state: TaskState.starting });
      jest.advanceTimersByTime(100);
      expect(batches.slice(1)).toEqual([[TaskState.starting]]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('are announced', () => {
    const reporter = new StatusReporter();
    let announced = 0;
    reporter.onUnsent(() => announced++);
    reporter.report('a', statusNo(1));
    reporter.resendAll();
    expect(announced).toBe(2);
  });
});

it('whatever is reported and taken in whatever order, every newest status arrives and none arrives after a newer one', () => {
  const anyMove = fc.oneof(
    fc.record({ report: fc.constantFrom('a', 'b', 'c') }),
    fc.constant('take' as const),
    fc.constant('new session' as const),
  );
  fc.assert(
    fc.property(fc.array(anyMove, { maxLength: 40 }), (moves) => {
      const reporter = new StatusReporter();
      const reported = new Map<string, number>();
      const arrived = new Map<string, number>();
      const take = () => {
        for (const { taskId, status } of reporter.take()) {
          const n = Number(status?.timestamp);
          expect(n).toBeGreaterThanOrEqual(arrived.get(taskId) ?? 0);
          arrived.set(taskId, n);
        }
      };
      moves.forEach((move, index) => {
        if (move === 'take') take();
        else if (move === 'new session') reporter.resendAll();
        else {
          reporter.report(move.report, statusNo(index + 1));
          reported.set(move.report, index + 1);
        }
      });
      take();
      expect(arrived).toEqual(reported);
    }),
  );
});
