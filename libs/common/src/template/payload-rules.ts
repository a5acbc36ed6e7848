import { FUNCTIONS, Misuse, type TemplateFunction } from './functions';
import type { TemplateRules } from './template-source';
import { TEXT } from './value';

/** Docker takes configs of up to 1000 KiB. */
const MAX_CHARACTERS = 1024 * 1024;

/** Looks up what a template names; undefined for what is not there. */
export type Lookup = (name: string) => string | undefined;

/** What the templates of secrets and configs may name besides the task's own fields. */
export interface PayloadLookups {
  /** A secret of the task, by the name of its target. */
  readonly secret: Lookup;
  readonly config: Lookup;
  /** A variable of the container's environment. */
  readonly env: Lookup;
}

/** Rules of the template in a secret or config (SwarmKit template/context.go PayloadContext). */
export function payloadRules({ secret, config, env }: PayloadLookups): TemplateRules {
  const functions = new Map([
    ...FUNCTIONS,
    ['secret', lookupFunction(secret, (name) => `secret target ${name} not found`)] as const,
    ['config', lookupFunction(config, (name) => `config target ${name} not found`)] as const,
    // As in Docker, a variable that is not set is empty.
    ['env', lookupFunction((name) => env(name) ?? '', String)] as const,
  ]);
  return { functions, maxCharacters: MAX_CHARACTERS, isSecret: true };
}

function lookupFunction(lookUp: Lookup, problem: (name: string) => string): TemplateFunction {
  return {
    min: 1,
    max: 1,
    type: (name) => (name?.kind === 'text' || name?.kind === 'any' ? TEXT : new Misuse('it takes a name')),
    call: (name) => lookUp(String(name)) ?? new Misuse(problem(String(name))),
  };
}
