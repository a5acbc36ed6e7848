import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DomainError, messageOf } from '#common/errors';
import { asObject, asText } from './json-values';

/** A manager's address under a name. */
export interface Context {
  readonly host: string;
  readonly description: string;
}

/** Every context by name, and the one that is used when nothing else is said. */
export interface Contexts {
  readonly current: string | undefined;
  readonly known: ReadonlyMap<string, Context>;
}

type Env = Readonly<Record<string, string | undefined>>;

const NONE: Contexts = { current: undefined, known: new Map() };

/** Where contexts are kept; undefined where there is no home. */
export function contextsFile({ SWARMCTL_CONFIG, HOME }: Env): string | undefined {
  if (SWARMCTL_CONFIG) return SWARMCTL_CONFIG;
  return HOME ? join(HOME, '.swarmctl/contexts.json') : undefined;
}

/** @throws DomainError INVALID_ARGUMENT when the file is none of ours */
export function readContexts(env: Env): Contexts {
  const file = contextsFile(env);
  const text = file === undefined ? undefined : readIfPresent(file);
  if (text === undefined) return NONE;
  try {
    const { current, contexts } = asObject(JSON.parse(text));
    const known = Object.entries(asObject(contexts)).map(([name, context]): [string, Context] => {
      const { host, description } = asObject(context);
      return [name, { host: asText(host), description: asText(description) }];
    });
    return { current: asText(current) || undefined, known: new Map(known) };
  } catch (error) {
    throw new DomainError('INVALID_ARGUMENT', `${file} cannot be read: ${messageOf(error)}; remove it, or repair it`);
  }
}

/** @throws DomainError INVALID_ARGUMENT when there is no place for them, or it cannot be written */
export function writeContexts(env: Env, { current, known }: Contexts): void {
  const file = contextsFile(env);
  if (file === undefined)
    throw new DomainError('INVALID_ARGUMENT', 'there is no place for contexts: set HOME or SWARMCTL_CONFIG');
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.new`, `${JSON.stringify({ current, contexts: Object.fromEntries(known) }, null, 2)}\n`, {
      mode: 0o600,
    });
    renameSync(`${file}.new`, file);
  } catch (error) {
    throw new DomainError('INVALID_ARGUMENT', `${file} cannot be written: ${messageOf(error)}`);
  }
}

/** The context of this name. @throws DomainError INVALID_ARGUMENT naming those that there are */
export function requireContext({ known }: Contexts, name: string): Context {
  const context = known.get(name);
  if (context) return context;
  const names = [...known.keys()].sort().join(', ');
  throw new DomainError('INVALID_ARGUMENT', `there is no context '${name}'${names === '' ? '' : `; there are ${names}`}`);
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new DomainError('INVALID_ARGUMENT', `${file} cannot be read: ${messageOf(error)}`);
  }
}
