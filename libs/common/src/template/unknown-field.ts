import type { Path } from './syntax';
import type { TemplateType } from './value';

/** Mistypings up to this many letters, or in a long name up to this part of it, are taken for the name. */
const MISTYPED_LETTERS = 2;
const MISTYPED_PART = 1 / 3;

/**
 * Says that something has no such fields, what was probably meant, and what there is.
 * @param fields one of the other, as written
 */
export function unknownField(of: TemplateType, fields: Path['fields']): string {
  const wanted = `.${fields.map(({ name }) => name).join('.')}`;
  const known = pathsOf(of);
  const meant = closest(wanted, known);
  const list = known.join(', ');
  return meant === undefined
    ? `there is no ${wanted}; there are ${list}`
    : `there is no ${wanted}; did you mean ${meant}? There are ${list}`;
}

function pathsOf(type: TemplateType): string[] {
  return type.kind === 'object' ? [...type.fields].flatMap(([name, field]) => pathsUnder(`.${name}`, field)) : [];
}

function pathsUnder(path: string, type: TemplateType): string[] {
  return type.kind === 'object' ? pathsOf(type).map((rest) => path + rest) : [path];
}

/** The path that differs least, in any letter case, or that ends with what was written. */
function closest(wanted: string, known: readonly string[]): string | undefined {
  const lower = wanted.toLowerCase();
  const ending = known.filter((path) => path.toLowerCase().endsWith(lower));
  if (ending.length > 0) return ending[0];
  const [best] = known
    .map((path) => ({ path, distance: editDistance(lower, path.toLowerCase()) }))
    .filter(({ path, distance }) => isMistyping(distance, path.length - path.lastIndexOf('.') - 1))
    .sort((a, b) => a.distance - b.distance);
  return best?.path;
}

function isMistyping(distance: number, nameLength: number): boolean {
  return distance < nameLength && distance <= Math.max(MISTYPED_LETTERS, nameLength * MISTYPED_PART);
}

/** Letters to add, remove or change (Levenshtein). A long text is not compared: it is no mistyping. */
function editDistance(a: string, b: string): number {
  if (a.length > b.length * 2) return a.length;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
