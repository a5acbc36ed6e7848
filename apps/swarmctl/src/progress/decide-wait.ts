import type { Progress } from './decide-progress';

/** What the person asked for: something new, going back, or the same tasks elsewhere, which no roll-out is about. */
export type Intent = 'deploy' | 'rollback' | 'rebalance';

/** What is kept from one look to the next: since when the service is as it should be. */
export interface WaitMemory {
  readonly convergedSinceMs?: number;
  /** Since when nothing more is tried for a job that is not complete. */
  readonly exhaustedSinceMs?: number;
}

// What the manager writes about hundreds of tasks at once may become visible in parts.
const EXHAUSTED_FOR_MS = 1000;

/** How waiting ends by itself. */
export type Outcome = 'converged' | 'complete' | 'exhausted' | 'paused' | 'rollback-paused' | 'rolled-back';

/** To look again, or why not to. While the service is as it should be, for how much longer it has to stay so. */
export type WaitStep =
  { readonly kind: 'wait'; readonly stableInMs?: number } | { readonly kind: 'end'; readonly outcome: Outcome };

/** When and how long is judged; both on a clock that no one sets. */
export interface WaitRule {
  readonly intent: Intent;
  /** How long a service has to stay as it should be. */
  readonly monitorMs: number;
  readonly nowMs: number;
}

function stableOutcome({ rollout }: Progress, intent: Intent): Outcome {
  const wentBack = rollout === 'rolling-back' || rollout === 'rolled-back';
  return wentBack && intent === 'deploy' ? 'rolled-back' : 'converged';
}

/**
 * Docker's rule: a service has converged once all its tasks run and go on running for the monitor time of its update policy;
 * a task that fails in that time starts the count again. A job has converged when it is complete, and ends
 * as well when its tasks have failed as often as their restart policy allows, for which Docker waits for ever.
 *
 * Docker also stops waiting, with success, when an update is reported complete while tasks are missing again. Here success
 * always means that the tasks run.
 */
export function decideWait(progress: Progress, memory: WaitMemory, rule: WaitRule): { step: WaitStep; memory: WaitMemory } {
  const end = (outcome: Outcome): { step: WaitStep; memory: WaitMemory } => ({ step: { kind: 'end', outcome }, memory: {} });
  const isStopped = progress.rollout === 'paused' || progress.rollout === 'rollback-paused';
  if (isStopped && rule.intent !== 'rebalance') return end(progress.rollout);
  if (progress.isExhausted) {
    const exhaustedSinceMs = memory.exhaustedSinceMs ?? rule.nowMs;
    if (rule.nowMs - exhaustedSinceMs >= EXHAUSTED_FOR_MS) return end('exhausted');
    return { step: { kind: 'wait' }, memory: { exhaustedSinceMs } };
  }
  if (!progress.converged) return { step: { kind: 'wait' }, memory: {} };
  if (progress.isJob) return end('complete');
  const convergedSinceMs = memory.convergedSinceMs ?? rule.nowMs;
  const stableInMs = convergedSinceMs + rule.monitorMs - rule.nowMs;
  if (stableInMs <= 0) return end(stableOutcome(progress, rule.intent));
  return { step: { kind: 'wait', stableInMs }, memory: { convergedSinceMs } };
}
