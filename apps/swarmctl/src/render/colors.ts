import { createColors } from 'picocolors';
import type { Screen, Session } from '../session';

export type Colors = ReturnType<typeof createColors>;

/** Whether colours may be used: only on a terminal that knows them, and never against NO_COLOR. */
export function hasColors(screen: Screen, env: Session['env']): boolean {
  return screen.isTerminal && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** Colours for a screen; they do nothing where there must be none. */
export function colorsFor(screen: Screen, env: Session['env']): Colors {
  return createColors(hasColors(screen, env));
}
