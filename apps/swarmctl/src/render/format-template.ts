import { DomainError } from '#common/errors';
import {
  expandTemplate,
  FIELD_RULES,
  FUNCTIONS,
  Misuse,
  printValue,
  requireValidTemplate,
  TemplateBudget,
  TEXT,
  type ObjectType,
  type ObjectValue,
  type TemplateFunction,
  type TemplateRules,
  type TemplateType,
  type TemplateValue,
} from '#common/template';
import { plainText } from './plain-text';
import { alignColumns, type Column } from './table';

const FLAG = '--format';
const TABLE = /^table\s+/;
const ANY: TemplateType = { kind: 'any' };
/** Deeper than objects of the API are, few enough to walk through. */
const MAX_DEPTH = 200;
const MAX_CHARACTERS = 4 * 1024 * 1024;

const takesText = (...types: readonly TemplateType[]): boolean => types.every(({ kind }) => kind === 'text' || kind === 'any');

function textFunction(change: (text: string) => string): TemplateFunction {
  return {
    min: 1,
    max: 1,
    type: (arg = TEXT) => (takesText(arg) ? TEXT : new Misuse('it takes a text')),
    call: (arg = '') => change(printValue(arg)),
  };
}

const capitalized = (text: string): string => text.replace(/(^|\s)\S/g, (letter) => letter.toUpperCase());

/** A value as the JSON that it came from. */
function toJson(value: TemplateValue): unknown {
  if (typeof value !== 'object') return value;
  if (value.kind === 'list') return value.items.map(toJson);
  const entries: [string, TemplateValue][] = value.kind === 'labels' ? [...value.entries] : [...value.fields];
  return Object.fromEntries(entries.map(([name, field]) => [name, toJson(field)]));
}

/** The functions that the docker command's own formats have beside those of Go. */
const FORMAT_FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ...FUNCTIONS,
  ['json', { min: 1, max: 1, type: () => TEXT, call: (arg = '') => JSON.stringify(toJson(arg)) }],
  ['upper', textFunction((text) => text.toUpperCase())],
  ['lower', textFunction((text) => text.toLowerCase())],
  ['title', textFunction(capitalized)],
  [
    'split',
    {
      min: 2,
      max: 2,
      type: (text = TEXT, separator = TEXT) => (takesText(text, separator) ? { kind: 'list' } : new Misuse('it takes two texts')),
      call: (text = '', separator = '') => ({ kind: 'list', items: printValue(text).split(printValue(separator)) }),
    },
  ],
  [
    'join',
    {
      min: 2,
      max: 2,
      type: (list = ANY, separator = TEXT) =>
        (list.kind === 'list' || list.kind === 'any') && takesText(separator)
          ? TEXT
          : new Misuse('it takes a list and a separator'),
      most: (list = '', separator = '') =>
        typeof list === 'object' && list.kind === 'list' ? printValue(separator).length * list.items.length : 0,
      call: (list = '', separator = '') =>
        typeof list === 'object' && list.kind === 'list'
          ? list.items.map(printValue).join(printValue(separator))
          : printValue(list),
    },
  ],
]);

/** For one object, which may be large, on the machine of whoever wrote the template. */
const FORMAT_BUDGET = { steps: 100_000, characters: 64 * 1024 * 1024 };
const FORMAT_RULES: TemplateRules = { ...FIELD_RULES, functions: FORMAT_FUNCTIONS, maxCharacters: MAX_CHARACTERS };

/** In a shell a tab and a new line are typed as \t and \n. */
const unescaped = (template: string): string => template.replaceAll('\\t', '\t').replaceAll('\\n', '\n');

/** What `--format` may be instead of a word: a template. @throws DomainError INVALID_ARGUMENT for one that cannot be read */
export function requireReadable(format: string): void {
  requireValidTemplate(FLAG, unescaped(format.replace(TABLE, '')), ANY, FORMAT_RULES);
}

function fieldOf({ field, heading }: Pick<Column<unknown>, 'field' | 'heading'>): string {
  const words = heading.split(' ').map((word) => (word === 'ID' ? word : word.charAt(0) + word.slice(1).toLowerCase()));
  return field ?? words.join('');
}

const objectOf = (fields: Iterable<readonly [string, TemplateValue]>): ObjectValue => ({
  kind: 'object',
  fields: new Map(fields),
});

/**
 * A line for each row by a template over the columns, `{{.Name}}: {{.Image}}`; with `table` before it, under headings.
 * @throws DomainError INVALID_ARGUMENT for a field that no column has, also when there are no rows
 */
export function formatRows<T>(format: string, columns: readonly Column<T>[], rows: readonly T[]): string[] {
  const template = unescaped(format.replace(TABLE, ''));
  const type: ObjectType = { kind: 'object', fields: new Map(columns.map((column) => [fieldOf(column), TEXT])) };
  requireValidTemplate(FLAG, template, type, FORMAT_RULES);
  const fill = (values: ObjectValue): string =>
    expandTemplate(FLAG, template, values, { rules: FORMAT_RULES, budget: new TemplateBudget(FORMAT_BUDGET) });
  const lines = rows.map((row) => fill(objectOf(columns.map((column) => [fieldOf(column), plainText(column.cell(row))]))));
  if (!TABLE.test(format)) return lines;
  const headings = fill(objectOf(columns.map((column) => [fieldOf(column), column.heading])));
  return alignColumns([headings, ...lines].map((line) => line.split('\t')));
}

/** @throws DomainError INVALID_ARGUMENT for values in each other deeper than any object of the API has them */
function toValue(json: unknown, depth = 0): TemplateValue {
  if (depth > MAX_DEPTH) throw new DomainError('INVALID_ARGUMENT', `${FLAG}: the object is nested more than ${MAX_DEPTH} levels`);
  if (json === null || json === undefined) return '';
  if (Array.isArray(json)) return { kind: 'list', items: json.map((item) => toValue(item, depth + 1)) };
  if (typeof json === 'object') {
    const fields = Object.entries(json).map(([name, value]): [string, TemplateValue] => [name, toValue(value, depth + 1)]);
    return { kind: 'object', isOpen: true, fields: new Map(fields) };
  }
  return typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean' ? json : String(json);
}

/** An object of the API by a template, `{{.Spec.Name}}`. What the object does not have is empty. @throws DomainError INVALID_ARGUMENT */
export function formatObject(format: string, raw: unknown): string {
  const value = toValue(raw);
  const root: ObjectValue = typeof value === 'object' && value.kind === 'object' ? value : objectOf([]);
  // What a terminal would act upon is taken out, but for what a template puts between values.
  const options = { rules: FORMAT_RULES, budget: new TemplateBudget(FORMAT_BUDGET) };
  const parts = expandTemplate(FLAG, unescaped(format), root, options).split(/([\n\t])/);
  return parts.map((part) => (part === '\n' || part === '\t' ? part : plainText(part))).join('');
}
