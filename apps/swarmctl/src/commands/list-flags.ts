import { isTemplate } from '#common/template';
import { requireReadable } from '../render/format-template';
import { badValue, many, one, toggle, type FlagValues, type ValueKind } from '../flags/flag';
import { oneOf, splitPair, type Pair } from '../flags/values/text';
import type { Filters } from '../manager-api';

function parseFilter(text: string): Pair {
  const [name, value] = splitPair(text);
  if (name === '' || value === '') throw badValue(`'${text}' is not of the form name=value`);
  return [name.trim().toLowerCase(), value];
}

/** A filter of a list; `example` is one that the list knows. */
export function filter(example: string): ValueKind<Pair> {
  return { placeholder: 'name=value', example, parse: parseFilter };
}

function parseFormat(text: string): string {
  if (text !== 'table' && text !== 'json' && !isTemplate(text)) {
    throw badValue(`'${text}' is neither table nor json, nor a template`);
  }
  requireReadable(text);
  return text;
}

const format: ValueKind<string> = { placeholder: 'format', example: "'table {{.Name}}\\t{{.ID}}'", parse: parseFormat };

/** How the output of a list looks. */
export const FORMAT_FLAGS = {
  format: one(
    format,
    "table for people; json for scripts: the API's own objects, unchanged; a template of columns, such as '{{.Name}}', also after table",
  ),
} as const;

/** How the output of something that is no list looks. */
export const OBJECT_FORMAT_FLAGS = {
  format: one(format, "table for people; json for scripts: the API's own object, unchanged; a template of its fields"),
} as const;

/** How an answer looks that templates are not for. */
export const WORD_FORMAT_FLAGS = { format: one(oneOf('table', 'json'), 'table for people; json for scripts') } as const;

/** Flags of every list. */
export const LIST_FLAGS = {
  ...FORMAT_FLAGS,
  quiet: toggle('Print ids only', { short: 'q' }),
  noTrunc: toggle('Do not shorten ids, images and errors'),
} as const;

/** The flag that chooses what a list shows. */
export function filterFlag(names: string, example: string) {
  return { filter: many(filter(example), `Only what matches: ${names}; several values of one name are alternatives`) } as const;
}

export type FormatFlags = FlagValues<typeof FORMAT_FLAGS>;
export type ListFlags = FlagValues<typeof LIST_FLAGS> & { readonly filter?: readonly Pair[] };

/** Pairs as the API takes them. */
export function toFilters(pairs: readonly Pair[] = []): Filters {
  const filters: Record<string, string[]> = {};
  for (const [name, value] of pairs) filters[name] = [...(filters[name] ?? []), value];
  return filters;
}
