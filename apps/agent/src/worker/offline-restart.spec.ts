import fc from 'fast-check';
import { restartBackoffMs, STABLE_AFTER_MS, TaskState } from '#common/domain';
import type { Task } from '#common/proto';
import { aTask } from '../testing/a-task';
import { afterRestart, decideOfflineRestart, earlierRestarts, type ContainerEnd, type RestartHistory } from './offline-restart';

const SECOND = 1e9;
const NOW = 1_000_000;
const withPolicy = (policy: object | undefined, desired = TaskState.running): Task =>
  aTask({ desired, spec: { RestartPolicy: policy } });
const endsWith = (failed: boolean, traits: Partial<ContainerEnd> = {}): ContainerEnd => ({
  failed,
  ranMs: 0,
  atMs: NOW,
  ...traits,
});
const NONE: RestartHistory = { failures: 0, restartedAtMs: [] };

describe('a container that ended while no manager can be reached', () => {
  const bad = endsWith(true);
  const good = endsWith(false);
  it.each([
    { name: 'is started again when nothing is said', policy: undefined, end: bad, afterMs: 1_000 },
    { name: 'is started again after the policy’s delay', policy: { Delay: 3 * SECOND }, end: bad, afterMs: 3_000 },
    { name: 'is started again at once when the delay is zero', policy: { Delay: 0 }, end: bad, afterMs: 0 },
    { name: 'is started again although it ended well', policy: { Condition: 'any' }, end: good, afterMs: 1_000 },
    { name: 'stays ended when it ended well and only failures count', policy: { Condition: 'on-failure' }, end: good },
    { name: 'is started again when it failed', policy: { Condition: 'on-failure' }, end: bad, afterMs: 1_000 },
    { name: 'stays ended when nothing is to be restarted', policy: { Condition: 'none' }, end: bad },
    { name: 'of a job is started again when it failed', policy: {}, desired: TaskState.complete, end: bad, afterMs: 1_000 },
    { name: 'of a job stays ended when it ended well', policy: {}, desired: TaskState.complete, end: good },
    {
      name: 'waits longer after each failure',
      policy: {},
      end: bad,
      history: { failures: 4, restartedAtMs: [] },
      afterMs: 16_000,
    },
    {
      name: 'waits as after a first failure when it ran for long',
      policy: {},
      end: endsWith(true, { ranMs: STABLE_AFTER_MS }),
      history: { failures: 4, restartedAtMs: [] },
      afterMs: 1_000,
    },
    {
      name: 'stays ended when its attempts are used up',
      policy: { MaxAttempts: 2 },
      end: bad,
      history: { failures: 2, restartedAtMs: [1, 2] },
    },
    {
      name: 'has its attempts back when they are out of the window',
      policy: { MaxAttempts: 2, Window: 10 * SECOND, Delay: 0 },
      end: bad,
      history: { failures: 2, restartedAtMs: [NOW - 10_001, NOW - 10_000] },
      afterMs: 0,
    },
    {
      name: 'stays ended when its attempts of the window are used up',
      policy: { MaxAttempts: 2, Window: 10 * SECOND },
      end: bad,
      history: { failures: 2, restartedAtMs: [NOW - 10_000, NOW - 1] },
    },
  ])('$name', ({ policy, desired, end, history = NONE, afterMs }) => {
    const verdict = decideOfflineRestart(withPolicy(policy, desired), end, history);
    expect(verdict).toMatchObject(afterMs === undefined ? { kind: 'report' } : { kind: 'restart', afterMs });
  });
});

it('failures before this task, and restarts before the agent started anew, count', () => {
  const task = { ...withPolicy({ MaxAttempts: 2 }), failures: 1 };
  const restarted: Task = { ...task, status: task.status && { ...task.status, restarts: 2 } };
  expect(earlierRestarts(task, NOW)).toEqual({ failures: 1, restartedAtMs: [NOW] });
  expect(earlierRestarts(restarted, NOW)).toEqual({ failures: 3, restartedAtMs: [NOW, NOW] });
  expect(earlierRestarts({ ...restarted, spec: undefined }, NOW)).toEqual({ failures: 3, restartedAtMs: [] });
});

describe('whatever ends how often and when', () => {
  const anyPolicy = fc.record(
    {
      Condition: fc.constantFrom('any', 'on-failure', 'none'),
      Delay: fc.integer({ min: 0, max: 60 }).map((seconds) => seconds * SECOND),
      MaxAttempts: fc.integer({ min: 0, max: 5 }),
      Window: fc.integer({ min: 0, max: 120 }).map((seconds) => seconds * SECOND),
    },
    { requiredKeys: [] },
  );
  const anyEnds = fc.array(fc.record({ failed: fc.boolean(), ranMs: fc.integer({ min: 0, max: 2 * STABLE_AFTER_MS }) }), {
    maxLength: 30,
  });

  /** Lets the container end again and again, until an end is final. */
  function live(task: Task, runs: readonly { failed: boolean; ranMs: number }[]) {
    let history = earlierRestarts(task, 0);
    let clock = 0;
    const restarts: { endedAtMs: number; atMs: number; afterMs: number; ranMs: number }[] = [];
    for (const { failed, ranMs } of runs) {
      clock += ranMs;
      const verdict = decideOfflineRestart(task, { failed, ranMs, atMs: clock }, history);
      if (verdict.kind === 'report') break;
      const endedAtMs = clock;
      clock += verdict.afterMs;
      restarts.push({ endedAtMs, atMs: clock, afterMs: verdict.afterMs, ranMs });
      history = afterRestart(task, history, { atMs: clock, failures: verdict.failures });
    }
    return { restarts, history };
  }

  it('attempts and the delay are kept to, and nothing is remembered without end', () =>
    fc.assert(
      fc.property(anyPolicy, anyEnds, fc.integer({ min: 0, max: 8 }), (policy, runs, failures) => {
        const task = { ...withPolicy(policy), failures };
        const { restarts, history } = live(task, runs);
        const { MaxAttempts: attempts = 0, Window: window = 0, Delay: delay } = policy;
        if (attempts > 0 && window === 0) expect(restarts.length).toBeLessThanOrEqual(Math.max(attempts - failures, 0));
        for (const [index, { endedAtMs }] of restarts.entries()) {
          const recent = restarts.slice(0, index).filter(({ atMs }) => atMs >= endedAtMs - window / 1e6);
          if (attempts > 0 && window > 0) expect(recent.length).toBeLessThan(attempts);
        }
        if (delay !== undefined) for (const { afterMs } of restarts) expect(afterMs).toBe(delay / 1e6);
        expect(history.restartedAtMs.length).toBeLessThanOrEqual(attempts);
      }),
    ));

  it('without a delay of its own the wait doubles from one second to five minutes, and starts over after ten good minutes', () =>
    fc.assert(
      fc.property(anyEnds, (runs) => {
        let expected = 0;
        for (const { afterMs, ranMs } of live(withPolicy({}), runs).restarts) {
          expected = ranMs >= STABLE_AFTER_MS ? 1 : expected + 1;
          expect(afterMs).toBe(restartBackoffMs(expected));
        }
      }),
    ));
});
