import { DomainError } from '#common/errors';
import type { ContainerEvent, ContainerPhase } from '../executor';
import type { EngineApi, EventInfo } from './engine-api';
import { toDomainError } from './engine-error';
import { jsonLines } from './json-lines';
import { CLUSTER_LABEL, NODE_LABEL, TASK_LABEL } from './labels';
import { toHealth } from './observed-container';

const PHASES: Readonly<Record<string, ContainerPhase | 'absent'>> = {
  create: 'created',
  start: 'running',
  die: 'exited',
  destroy: 'absent',
};
const HEALTH_PREFIX = 'health_status: ';
/** The engine answers before it has subscribed us; asking for the last moments too closes that gap. Old news does no harm. */
const OVERLAP_SECONDS = 2;

/** The events of the containers that this node's agent made. Throws when the stream breaks; ends when the signal aborts. */
export async function* watchContainers(engine: EngineApi, nodeId: string, signal: AbortSignal): AsyncIterable<ContainerEvent> {
  try {
    const stream = await engine.getEvents({
      since: Math.floor(Date.now() / 1_000) - OVERLAP_SECONDS,
      filters: { type: ['container'], label: [`${NODE_LABEL}=${nodeId}`], event: [...Object.keys(PHASES), 'health_status'] },
      abortSignal: signal,
    });
    yield { kind: 'listening' };
    for await (const line of jsonLines(stream)) {
      const event = toContainerEvent(line as EventInfo);
      if (event) yield event;
    }
  } catch (error) {
    if (!signal.aborted) throw toDomainError('events', error);
  }
  if (!signal.aborted) throw new DomainError('UNAVAILABLE', 'the engine ended its event stream');
}

/** Undefined for an event that says nothing about a container of ours. */
export function toContainerEvent({ Action: action = '', Actor: actor }: EventInfo): ContainerEvent | undefined {
  const containerId = actor?.ID;
  const taskId = actor?.Attributes?.[TASK_LABEL];
  if (!containerId || !taskId) return undefined;
  const subject = { containerId, taskId, clusterId: actor.Attributes?.[CLUSTER_LABEL] ?? '' };
  if (action.startsWith(HEALTH_PREFIX))
    return { kind: 'health', ...subject, health: toHealth(action.slice(HEALTH_PREFIX.length)) };
  const phase = PHASES[action];
  return phase && { kind: 'phase', ...subject, phase };
}
