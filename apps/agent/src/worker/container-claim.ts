import type { ContainerEvent, ContainerHealth, ContainerPhase, ListedContainer } from '../executor/executor';
import type { ContainerView } from './next-step';

/**
 * What an event or a list says about a task's container. It may be older than what is already known, so it is never taken over;
 * it only tells whether the engine has to be asked again.
 */
export interface Claim {
  /** Undefined when nothing was found at all. */
  readonly containerId?: string;
  readonly phase?: ContainerPhase | 'absent';
  readonly health?: ContainerHealth;
}

/** The claim of one event. */
export function claimOfEvent(event: Exclude<ContainerEvent, { kind: 'listening' }>): Claim {
  const { containerId } = event;
  return event.kind === 'health' ? { containerId, health: event.health } : { containerId, phase: event.phase };
}

/** The claim of the engine's list about a task; undefined when the task is not in the list. */
export function claimOfListing(listed: ListedContainer | undefined): Claim {
  return listed ? { containerId: listed.id, phase: listed.phase, health: listed.health } : { phase: 'absent' };
}

/** Whether the claim leaves the view in doubt. A claim about another container than the one in view never does. */
export function contradicts(view: ContainerView, claim: Claim): boolean {
  if (view === 'unknown') return false;
  if (view === 'absent') return claim.phase !== 'absent';
  if (claim.containerId !== undefined && claim.containerId !== view.id) return false;
  if (claim.phase !== undefined && claim.phase !== view.phase) return true;
  // After its end a container's health means nothing: the engine shows it as unhealthy.
  return view.phase === 'running' && claim.health !== undefined && claim.health !== view.health;
}
