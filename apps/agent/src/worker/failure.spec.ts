import { TaskState } from '#common/domain';
import { DomainError, type ErrorCode } from '#common/errors';
import { failureMove, judgeFailure, retryDelayMs, type Verdict } from './failure';
import type { Step } from './next-step';

const PREPARE: Step = { kind: 'prepare' };
const START: Step = { kind: 'start' };
const STOP: Step = { kind: 'stop' };

describe('a step that failed', () => {
  it.each<{ name: string; code: ErrorCode; step: Step; failures: number; verdict: Verdict }>([
    { name: 'an engine that is away is waited for', code: 'UNAVAILABLE', step: START, failures: 1_000, verdict: 'retry' },
    { name: 'an engine that is late is waited for', code: 'DEADLINE_EXCEEDED', step: PREPARE, failures: 1_000, verdict: 'retry' },
    { name: 'a failure of the engine may pass', code: 'INTERNAL', step: START, failures: 4, verdict: 'retry' },
    { name: 'a failure that lasts is believed', code: 'INTERNAL', step: START, failures: 5, verdict: 'give up' },
    {
      name: 'a full disk that stays full is believed',
      code: 'RESOURCE_EXHAUSTED',
      step: PREPARE,
      failures: 5,
      verdict: 'give up',
    },
    { name: 'a missing image is believed at once', code: 'FAILED_PRECONDITION', step: PREPARE, failures: 1, verdict: 'give up' },
    { name: 'a bad spec is believed at once', code: 'INVALID_ARGUMENT', step: START, failures: 1, verdict: 'give up' },
    { name: 'a stop is tried for ever', code: 'INTERNAL', step: STOP, failures: 1_000, verdict: 'retry' },
  ])('$name', ({ code, step, failures, verdict }) =>
    expect(judgeFailure(new DomainError(code, ''), step, failures)).toBe(verdict),
  );

  it('is tried again after longer and longer waits, but soon enough to tell the truth', () =>
    expect([1, 2, 3, 4, 5, 50].map(retryDelayMs)).toEqual([100, 200, 400, 800, 1_000, 1_000]));
});

describe('a task that cannot go on', () => {
  it('is rejected when it never started', () =>
    expect(failureMove(TaskState.preparing, PREPARE, new DomainError('INVALID_ARGUMENT', 'bad mount'))).toEqual({
      state: TaskState.rejected,
      err: 'bad mount',
    }));

  it('says why its image could not be pulled', () => {
    const cause = new DomainError('FAILED_PRECONDITION', 'pulling foo failed: denied');
    expect(
      failureMove(TaskState.preparing, PREPARE, new DomainError('FAILED_PRECONDITION', 'No such image: foo', { cause })),
    ).toEqual({
      state: TaskState.rejected,
      err: 'No such image: foo',
      message: 'pulling foo failed: denied',
    });
  });

  it('failed when its container did not start', () =>
    expect(failureMove(TaskState.starting, START, new DomainError('INTERNAL', 'port is already allocated'))).toEqual({
      state: TaskState.failed,
      err: 'starting container failed: port is already allocated',
    }));
});
