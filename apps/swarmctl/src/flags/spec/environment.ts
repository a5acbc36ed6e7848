import { splitPair } from '../values/text';
import { withAdded, without } from './list-edits';
import { conflict, type Surroundings } from './surroundings';

const nameOf = (variable: string): string => splitPair(variable)[0];

/** A name alone takes its value from the shell; when the shell has none it stays bare, which unsets it in the container. */
function withShellValue(variable: string, shell: Surroundings['shell']): string {
  const value = variable.includes('=') ? undefined : shell[variable];
  return value === undefined ? variable : `${variable}=${value}`;
}

/**
 * Reads a file of `NAME=value` lines. Blank lines and those that start with a hash sign are passed over; a name alone counts
 * only when the shell has a value for it. Values are taken literally, quotes included.
 * @throws DomainError INVALID_ARGUMENT naming the file and the line
 */
export function parseEnvFile(path: string, text: string, shell: Surroundings['shell']): string[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  return lines.flatMap((raw, index) => {
    const line = raw.replace(/^[ \t]+/, '');
    if (line === '' || line.startsWith('#')) return [];
    const name = nameOf(line);
    if (name === '' || /[ \t]/.test(name)) {
      throw conflict(`--env-file ${path}, line ${index + 1}: '${name}' is not a variable name; write NAME=value`);
    }
    return line.includes('=') || shell[name] !== undefined ? [withShellValue(line, shell)] : [];
  });
}

/** The environment of a new container: files first, so that a flag overrides them. */
export function newEnvironment(variables: readonly string[] = [], { shell, envFiles }: Surroundings): string[] {
  const fromFiles = envFiles.flatMap(({ path, text }) => parseEnvFile(path, text, shell));
  const fromFlags = variables.map((variable) => withShellValue(variable, shell));
  return withAdded([], [...fromFiles, ...fromFlags], nameOf);
}

/** The environment without `removed`, then with `added`. */
export function changedEnvironment(
  current: readonly string[],
  changes: { added?: readonly string[]; removed?: readonly string[] },
  shell: Surroundings['shell'],
): string[] {
  const added = changes.added?.map((variable) => withShellValue(variable, shell));
  return withAdded(without(current, changes.removed, nameOf), added, nameOf);
}
