import { assertNever } from '#common/errors';
import type { PlaceProgress, Progress, Rollout } from '../progress/decide-progress';
import type { Outcome, WaitStep } from '../progress/decide-wait';
import type { Colors } from './colors';
import { spanInWords } from './durations';
import { plainText } from './plain-text';

/** What a display shows of a service that is waited for. */
export interface ProgressView {
  readonly service: string;
  readonly progress: Progress;
  readonly step: WaitStep;
  /** Something about the waiting itself, such as a manager that does not answer; empty when there is nothing. */
  readonly note: string;
}

const MAX_PLACES = 20;
const SECOND_MS = 1000;
/** A state that has lasted less is about to change; its age would only flicker. */
export const WORTH_TELLING_MS = 3 * SECOND_MS;

/** An update that goes on, or has stopped, needs no word of its own: the count tells. */
const DIRECTIONS: Partial<Record<Rollout, string>> = { 'rolling-back': 'rolling back, ', 'rolled-back': 'rolled back, ' };

/** One line on how far the service is. */
export function renderOverall({ service, progress, step, note }: ProgressView): string {
  const { done, desired, isJob, rollout } = progress;
  const what = isJob ? 'completed' : 'running';
  const count = desired === 0 && !progress.converged ? 'no node has a task yet' : `${done}/${desired} ${what}`;
  const direction = DIRECTIONS[rollout] ?? '';
  const stable =
    step.kind === 'wait' && step.stableInMs !== undefined ? `, stable in ${Math.ceil(step.stableInMs / SECOND_MS)}s` : '';
  return plainText(`${service}: ${direction}${count}${stable}${note === '' ? '' : ` (${note})`}`);
}

/** One line on one place. */
export function renderPlace(service: string, { place, state, isDone, reason, sinceMs }: PlaceProgress): string {
  const age = !isDone && sinceMs >= WORTH_TELLING_MS ? ` for ${spanInWords(sinceMs)}` : '';
  return plainText(`${service}.${place} ${state}${age}${reason === '' ? '' : `: ${reason}`}`);
}

/** Of more places than there is room for, those that are not done come first. */
function visiblePlaces(places: readonly PlaceProgress[]): readonly PlaceProgress[] {
  if (places.length <= MAX_PLACES) return places;
  return [...places.filter((place) => !place.isDone), ...places.filter((place) => place.isDone)].slice(0, MAX_PLACES);
}

/** The beginning of a line that is too wide. */
export function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}

function paintPlace(place: PlaceProgress, line: string, colors: Colors): string {
  if (place.isDone) return colors.green(line);
  return place.reason === '' ? line : colors.yellow(line);
}

/** The lines of the live display, none wider than the terminal. */
export function renderLive(view: ProgressView, columns: number, colors: Colors): string[] {
  const { places } = view.progress;
  const visible = visiblePlaces(places);
  const lines = visible.map((place) => paintPlace(place, cut(`  ${renderPlace(view.service, place)}`, columns), colors));
  const hidden = places.length - visible.length;
  return [colors.bold(cut(renderOverall(view), columns)), ...lines, ...(hidden === 0 ? [] : [`  and ${hidden} more`])];
}

/** What stopped a roll-out. */
export interface StopCause {
  /** What the manager says of it; empty when it says nothing. */
  readonly message: string;
  /** The task that failed and its error, if they are known. */
  readonly task: string;
}

// The manager's message begins with what the line says already.
const SAID_ALREADY = /^(?:update|rollback) (?:paused|rolled back) (?=due to )/;

function renderCause({ message, task }: StopCause): string {
  const rest = message.replace(SAID_ALREADY, '');
  const because = rest === '' ? '' : rest === message ? `: ${message}` : ` ${rest}`;
  return task === '' ? because : `${because}: ${task}`;
}

/** What is said when waiting ends by itself; `cause` is for a roll-out that was stopped. */
export function renderOutcome(outcome: Outcome, { service, progress }: ProgressView, cause: StopCause): string {
  switch (outcome) {
    case 'converged':
      return plainText(`${service}: converged, ${progress.done}/${progress.desired} running`);
    case 'complete':
      return plainText(`${service}: job complete, ${progress.done}/${progress.desired} completed`);
    case 'exhausted':
      return plainText(
        `${service}: job failed, ${progress.done}/${progress.desired} completed; see why: swarmctl service ps ${service}`,
      );
    case 'paused':
      return plainText(`${service}: the update was paused${renderCause(cause)}`);
    case 'rollback-paused':
      return plainText(`${service}: the rollback was paused${renderCause(cause)}`);
    case 'rolled-back':
      return plainText(`${service}: the update failed and was rolled back${renderCause(cause)}`);
    default:
      return assertNever(outcome);
  }
}
