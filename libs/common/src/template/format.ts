import { printValue, type TemplateType, type TemplateValue } from './value';

const DIRECTIVE = /%([-+0 ]*)(\d{0,3})(?:\.(\d{1,3}))?([a-zA-Z%]?)/g;
/** What each verb takes; `v` takes everything. */
const TAKES: Readonly<Record<string, readonly TemplateType['kind'][] | undefined>> = {
  s: ['text', 'labels', 'object'],
  q: ['text'],
  v: ['text', 'number', 'truth', 'labels', 'list', 'object'],
  d: ['number'],
  x: ['number', 'text'],
  t: ['truth'],
};
const NAMES: Readonly<Record<TemplateType['kind'], string>> = {
  text: 'text',
  number: 'a number',
  truth: 'true or false',
  labels: 'labels',
  list: 'a list',
  object: 'an object',
  any: 'a value',
};
const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

interface Directive {
  readonly at: number;
  readonly written: string;
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly verb: string;
}

/** What is wrong with a format and its arguments, which Go would write into the text; undefined when they fit each other. */
export function formatProblem(format: string, args: readonly TemplateType[]): string | undefined {
  const directives = directivesOf(format).filter(({ verb }) => verb !== '%');
  for (const [index, { written, verb }] of directives.entries()) {
    const takes = TAKES[verb];
    if (!takes) return `${written || '%'} is not known; there are %s, %q, %v, %d, %x, %t and %%`;
    const arg = args[index];
    if (!arg) return `${written} has no argument`;
    if (arg.kind === 'any' || takes.includes(arg.kind)) continue;
    const instead = arg.kind === 'text' ? `; for text write ${written.replace(/.$/, 's')}` : '';
    return `${written} takes ${NAMES[takes[0] ?? 'any']}, not ${NAMES[arg.kind]}${instead}`;
  }
  return args.length > directives.length
    ? `there are ${args.length - directives.length} more arguments than % in the format`
    : undefined;
}

/** Fills in a format that fits its arguments. */
export function formatText(format: string, args: readonly TemplateValue[]): string {
  const left = [...args];
  let text = '';
  let position = 0;
  for (const directive of directivesOf(format)) {
    const arg = directive.verb === '%' ? undefined : left.shift();
    text += format.slice(position, directive.at) + (arg === undefined ? '%' : formatOne(arg, directive));
    position = directive.at + directive.written.length;
  }
  return text + format.slice(position);
}

/** What a directive costs to read, in characters of plain text. */
const DIRECTIVE_COST = 16;

/** Characters to which a format's widths alone fill a text up, and what it costs to read. */
export function costOfFormat(format: string): number {
  return directivesOf(format).reduce((sum, { width }) => sum + width + DIRECTIVE_COST, 0);
}

/** Text in quotes as Go writes it. */
export function quote(text: string): string {
  const escaped = text.replace(/[\x00-\x1f\x7f"\\]/g, (character) => {
    return ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}

function directivesOf(format: string): Directive[] {
  return [...format.matchAll(DIRECTIVE)].map(({ index, 0: written, 1: flags = '', 2: width, 3: precision, 4: verb = '' }) => ({
    at: index,
    written,
    flags,
    width: Number(width),
    precision: precision === undefined ? undefined : Number(precision),
    verb,
  }));
}

function formatOne(value: TemplateValue, { flags, width, precision, verb }: Directive): string {
  if (typeof value === 'number') return pad(formatNumber(value, flags, verb), flags, width);
  const whole = printValue(value);
  const cut = precision === undefined ? whole : [...whole].slice(0, precision).join('');
  if (verb === 'q') return pad(quote(cut), flags, width);
  return pad(verb === 'x' ? Buffer.from(cut).toString('hex') : cut, flags, width);
}

function formatNumber(value: number, flags: string, verb: string): string {
  const digits = Math.abs(value).toString(verb === 'x' ? 16 : 10);
  if (value < 0) return `-${digits}`;
  if (flags.includes('+')) return `+${digits}`;
  return flags.includes(' ') ? ` ${digits}` : digits;
}

function pad(text: string, flags: string, width: number): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0')) return ' '.repeat(missing) + text;
  const sign = /^[-+ ](?=[\da-f]+$)/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}
