import type { Progress, Rollout } from './decide-progress';
import { decideWait, type Intent, type WaitMemory } from './decide-wait';

const DONE: Progress = {
  done: 2,
  desired: 2,
  isJob: false,
  places: [],
  converged: true,
  isExhausted: false,
  rollout: 'forward',
  message: '',
};
const NOT_DONE: Progress = { ...DONE, done: 1, converged: false };

function decide(progress: Progress, nowMs: number, memory: WaitMemory = {}, intent: Intent = 'deploy') {
  return decideWait(progress, memory, { intent, monitorMs: 5000, nowMs });
}

it('waits while tasks are missing', () => {
  expect(decide(NOT_DONE, 100)).toEqual({ step: { kind: 'wait' }, memory: {} });
});

it('starts to count when all tasks run', () => {
  expect(decide(DONE, 100)).toEqual({ step: { kind: 'wait', stableInMs: 5000 }, memory: { convergedSinceMs: 100 } });
});

it('ends when they have run for the monitor time', () => {
  expect(decide(DONE, 5099, { convergedSinceMs: 100 }).step).toEqual({ kind: 'wait', stableInMs: 1 });
  expect(decide(DONE, 5100, { convergedSinceMs: 100 }).step).toEqual({ kind: 'end', outcome: 'converged' });
});

it('counts anew after a failure', () => {
  const { memory } = decide(NOT_DONE, 4000, { convergedSinceMs: 100 });
  expect(decide(DONE, 5100, memory).step).toEqual({ kind: 'wait', stableInMs: 5000 });
});

it('does not watch a job that is complete', () => {
  expect(decide({ ...DONE, isJob: true }, 0).step).toEqual({ kind: 'end', outcome: 'complete' });
});

it('ends when a job can do no more, but not for a moment in which it looks so', () => {
  const exhausted = { ...NOT_DONE, isJob: true, isExhausted: true };
  const { step, memory } = decide(exhausted, 100);
  expect(step).toEqual({ kind: 'wait' });
  expect(decide(exhausted, 1099, memory).step).toEqual({ kind: 'wait' });
  expect(decide(exhausted, 1100, memory).step).toEqual({ kind: 'end', outcome: 'exhausted' });
  expect(decide(NOT_DONE, 500, memory).memory).toEqual({});
});

it.each<{ rollout: Rollout; intent: Intent; outcome: string }>([
  { rollout: 'forward', intent: 'deploy', outcome: 'converged' },
  { rollout: 'rolling-back', intent: 'deploy', outcome: 'rolled-back' },
  { rollout: 'rolled-back', intent: 'deploy', outcome: 'rolled-back' },
  { rollout: 'rolled-back', intent: 'rollback', outcome: 'converged' },
  { rollout: 'rolling-back', intent: 'rollback', outcome: 'converged' },
  { rollout: 'rolled-back', intent: 'rebalance', outcome: 'converged' },
  { rollout: 'paused', intent: 'rebalance', outcome: 'converged' },
])('a stable service that goes $rollout after a $intent is $outcome', ({ rollout, intent, outcome }) => {
  expect(decide({ ...DONE, rollout }, 9000, { convergedSinceMs: 0 }, intent).step).toEqual({ kind: 'end', outcome });
});

it.each<Rollout>(['paused', 'rollback-paused'])('ends at once when the roll-out is %s', (rollout) => {
  expect(decide({ ...NOT_DONE, rollout }, 0).step).toEqual({ kind: 'end', outcome: rollout });
});
