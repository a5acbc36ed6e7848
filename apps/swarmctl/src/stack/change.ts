/** What is done with something of a stack. */
export type ChangeKind = 'create' | 'update' | 'unchanged' | 'remove';

export type ChangeNoun = 'network' | 'secret' | 'config' | 'service';

/** One thing that a deployment does, or would do. */
export interface Change {
  readonly kind: ChangeKind;
  readonly noun: ChangeNoun;
  readonly name: string;
  /** What exactly, a few words each. */
  readonly details: readonly string[];
}

const SIGNS: Readonly<Record<ChangeKind, string>> = { create: '+', update: '~', unchanged: '=', remove: '-' };

/** Lines of a plan: a sign, what it is about, and below it what changes. */
export function renderChanges(changes: readonly Change[]): string[] {
  return changes.flatMap(({ kind, noun, name, details }) => [
    `${SIGNS[kind]} ${noun} ${name}`,
    ...details.map((detail) => `    ${detail}`),
  ]);
}
