import { ALL_CAPABILITIES, RESET_CAPABILITIES } from '../values/capability';
import type { CapabilityFlags } from '../tables/shared-flags';
import { sortedBy, itself } from './list-edits';

/** The capabilities that containers get beside the engine's own, and those that they lose. */
export interface Capabilities {
  readonly add: readonly string[];
  readonly drop: readonly string[];
}

/** Sorted, so that the same capabilities make the same spec; all of them make the single ones superfluous. */
function toList(names: ReadonlySet<string>): string[] {
  return names.has(ALL_CAPABILITIES) ? [ALL_CAPABILITIES] : sortedBy([...names], itself);
}

/** What a flag asks for, and what its list holds before that. */
function readAsked(asked: readonly string[] = [], current: readonly string[]): { wanted: string[]; base: Set<string> } {
  const isReset = asked.includes(RESET_CAPABILITIES);
  const names = asked.filter((name) => name !== RESET_CAPABILITIES);
  return { wanted: toList(new Set(names)), base: new Set(isReset ? [] : current) };
}

/** Takes a name off the opposite list, or, when it is not there, puts it on its own. */
function move(name: string, own: Set<string>, opposite: Set<string>): void {
  if (!opposite.delete(name)) own.add(name);
}

/**
 * Applies `--cap-add` and `--cap-drop`. Adding one that was dropped only undoes the dropping, and the other way round, so each
 * capability is added, dropped or left to the engine. One that is asked for both ways is added.
 */
export function changedCapabilities(current: Capabilities, flags: CapabilityFlags): Capabilities {
  const toAdd = readAsked(flags.capAdd, current.add);
  const toDrop = readAsked(flags.capDrop, current.drop);
  for (const name of toDrop.wanted) if (!toAdd.wanted.includes(name)) move(name, toDrop.base, toAdd.base);
  for (const name of toAdd.wanted) move(name, toAdd.base, toDrop.base);
  return { add: toList(toAdd.base), drop: toList(toDrop.base) };
}
