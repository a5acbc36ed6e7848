import {
  NodeNetworking_IngressMode,
  NodeSpec_Availability,
  NodeSpec_Role,
  UpdateStatus_State,
  type Node,
  type NodeNetworking,
  type RestartPolicy,
  type Service,
} from '../proto';
import { DEFAULT_RESTART_CONDITION } from './defaults';

/** One row of the table: the values that this program acts upon, and which of them stands for any other. */
interface Meaning<T extends string> {
  readonly known: readonly T[];
  readonly instead: T;
}

/**
 * What a value is acted on as that only a newer program, or nobody, has a name for. It stays as it is where it is stored, sent and
 * shown. The rule: nothing begins, ends or is opened for it that could not be taken back.
 *
 * Not in the table, since their consumers compare with what they know, and do nothing for the rest:
 * - a task's observed state: it has the place in a task's life that its number says (`stateRank`); agents may not report it;
 * - a task's desired state: the task is left as it is, neither started, stopped nor replaced (`isActive`, the agent's `toGoal`), and
 *   no new connections are led to it;
 * - a node's state: it is neither ready, so that it is given nothing, nor down, so that it loses nothing (`isReady`, `isLost`);
 * - how a service's spec came to be: no rollback (`updatePolicyOf`);
 * - a kind of assignments: they are not applied, the session begins anew (the agent's `followSequence`);
 * - an update's failure action: the update pauses; its order: stop-first; an endpoint's mode: no virtual address; a port's publish
 *   mode: it is not published; its protocol: likewise; a mount's type, an isolation: the engine refuses the container, and the
 *   task is rejected in its words.
 */
const MEANINGS = {
  /** A paused node takes nothing new and keeps what it has. */
  availability: { known: Object.values(NodeSpec_Availability), instead: NodeSpec_Availability.pause },
  /** A worker has fewer rights than anything else. */
  role: { known: Object.values(NodeSpec_Role), instead: NodeSpec_Role.worker },
  /** Until somebody who knows it, or a person, changes the service. */
  updateState: { known: Object.values(UpdateStatus_State), instead: UpdateStatus_State.paused },
  /** Callers' answers find their way back whatever the host does; only the callers' addresses are hidden. */
  ingressMode: { known: Object.values(NodeNetworking_IngressMode), instead: NodeNetworking_IngressMode.masquerade },
  /** What was not restarted can be started; what ran twice, and should not have, cannot be undone. */
  restartCondition: { known: ['none', 'on-failure', 'any'], instead: 'none' },
} as const satisfies Record<string, Meaning<string>>;

function meaningOf<T extends string>({ known, instead }: Meaning<T>, value: string): T {
  return known.find((each) => each === value) ?? instead;
}

/** The node's availability that is acted upon. */
export function availabilityOf({ spec }: Node): NodeSpec_Availability {
  return meaningOf(MEANINGS.availability, spec?.availability ?? NodeSpec_Availability.active);
}

/** The node's role that is acted upon. */
export function roleOf({ spec }: Node): NodeSpec_Role {
  return meaningOf(MEANINGS.role, spec?.role ?? NodeSpec_Role.worker);
}

/** The state of the service's update that is acted upon; undefined when there has been none. */
export function updateStateOf({ updateStatus }: Service): UpdateStatus_State | undefined {
  return updateStatus?.state === undefined ? undefined : meaningOf(MEANINGS.updateState, updateStatus.state);
}

/** How callers of published ports reach the node's tasks, as far as it is acted upon. */
export function ingressModeOf(networking: NodeNetworking | undefined): NodeNetworking_IngressMode {
  return meaningOf(MEANINGS.ingressMode, networking?.ingressMode ?? NodeNetworking_IngressMode.transparent);
}

/** After which ends a task is followed by another. */
export function restartConditionOf(policy: RestartPolicy | undefined): 'none' | 'on-failure' | 'any' {
  return meaningOf(MEANINGS.restartCondition, policy?.condition || DEFAULT_RESTART_CONDITION);
}
