import type { DrainProgress, TaskLeft } from '../progress/decide-drain';
import type { Colors } from './colors';
import { spanInWords } from './durations';
import { plainText } from './plain-text';
import { cut, WORTH_TELLING_MS } from './progress';

/** What a display shows of a node that is being drained. */
export interface DrainView {
  readonly node: string;
  readonly progress: DrainProgress;
  /** Something about the waiting itself, such as a manager that does not answer; empty when there is nothing. */
  readonly note: string;
}

const MAX_TASKS = 20;

/** `no task left`, `1 task left`, `3 tasks left`. */
export function renderCountLeft({ left }: DrainProgress): string {
  if (left.length === 0) return 'no task left';
  return left.length === 1 ? '1 task left' : `${left.length} tasks left`;
}

/** One line on how far the drain is. */
export function renderDrain({ node, progress, note }: DrainView): string {
  return plainText(`${node}: draining, ${renderCountLeft(progress)}${note === '' ? '' : ` (${note})`}`);
}

/** One line on one task. */
export function renderTaskLeft({ name, state, reason, sinceMs }: TaskLeft): string {
  const age = sinceMs >= WORTH_TELLING_MS ? ` for ${spanInWords(sinceMs)}` : '';
  return plainText(`${name} ${state}${age}: ${reason}`);
}

/** The lines of the live display, none wider than the terminal. */
export function renderLiveDrain(view: DrainView, columns: number, colors: Colors): string[] {
  const { left } = view.progress;
  const lines = left.slice(0, MAX_TASKS).map((task) => colors.yellow(cut(`  ${renderTaskLeft(task)}`, columns)));
  const hidden = left.length - lines.length;
  return [colors.bold(cut(renderDrain(view), columns)), ...lines, ...(hidden === 0 ? [] : [`  and ${hidden} more`])];
}
