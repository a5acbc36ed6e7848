import { formatProblem, formatText, costOfFormat } from './format';
import { ANY, isTrue, NUMBER, printValue, TEXT, TRUTH, type TemplateType, type TemplateValue } from './value';

/** Why a function cannot do what it is asked for. */
export class Misuse {
  constructor(readonly reason: string) {}
}

/** A function of Go's templates, or Docker's `join`. */
export interface TemplateFunction {
  readonly min: number;
  readonly max: number;
  /** What comes out, told by what goes in; used before there are values, and again with them. */
  readonly type: (...args: readonly TemplateType[]) => TemplateType | Misuse;
  readonly call: (...args: readonly TemplateValue[]) => TemplateValue | Misuse;
  /** Most characters that come out, where that may be many more than go in. */
  readonly most?: (...args: readonly TemplateValue[]) => number;
  /** Whether labels, lists and objects are only looked into, not read as a whole. */
  readonly looksInto?: true;
}

type Order = (order: number) => boolean;

/** By name. The evaluator itself sees to it that `and` and `or` look at no more of their arguments than they need. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  [
    'and',
    { min: 1, max: Infinity, looksInto: true, type: oneOf, call: (...args) => args.find((arg) => !isTrue(arg)) ?? last(args) },
  ],
  ['or', { min: 1, max: Infinity, looksInto: true, type: oneOf, call: (...args) => args.find(isTrue) ?? last(args) }],
  ['not', { min: 1, max: 1, looksInto: true, type: () => TRUTH, call: (arg) => !isTrue(arg ?? '') }],
  [
    'eq',
    {
      min: 2,
      max: Infinity,
      type: comparison('text', 'number', 'truth'),
      call: (first, ...others) => others.some((other) => other === first),
    },
  ],
  ['ne', { min: 2, max: 2, type: comparison('text', 'number', 'truth'), call: (a, b) => a !== b }],
  ['lt', ordering((order) => order < 0)],
  ['le', ordering((order) => order <= 0)],
  ['gt', ordering((order) => order > 0)],
  ['ge', ordering((order) => order >= 0)],
  [
    'len',
    {
      min: 1,
      max: 1,
      looksInto: true,
      type: (arg) => (fits(arg, 'text', 'labels', 'list') ? NUMBER : new Misuse('it counts text, labels and lists only')),
      call: lengthOf,
    },
  ],
  ['index', { min: 2, max: 2, looksInto: true, type: indexType, call: indexOf }],
  ['slice', { min: 1, max: 3, type: sliceType, call: sliceOf }],
  ['print', { min: 0, max: Infinity, type: () => TEXT, call: (...args) => print(args) }],
  ['println', { min: 0, max: Infinity, type: () => TEXT, call: (...args) => `${args.map(printValue).join(' ')}\n` }],
  [
    'printf',
    {
      min: 1,
      max: Infinity,
      type: printfType,
      call: (format, ...args) => formatText(String(format), args),
      most: (format) => costOfFormat(String(format)),
    },
  ],
  [
    'join',
    {
      min: 1,
      max: Infinity,
      type: joinType,
      call: (separator, ...items) => items.join(String(separator)),
      most: (separator, ...items) => String(separator).length * items.length,
    },
  ],
]);

function fits(type: TemplateType | undefined, ...kinds: readonly TemplateType['kind'][]): boolean {
  return type !== undefined && (type.kind === 'any' || kinds.includes(type.kind));
}

function last(args: readonly TemplateValue[]): TemplateValue {
  return args[args.length - 1] ?? '';
}

function oneOf(...args: readonly TemplateType[]): TemplateType {
  const [first = ANY] = args;
  if (!args.every(({ kind }) => kind === first.kind)) return ANY;
  return first.kind === 'text' ? TEXT : first.kind === 'number' ? NUMBER : first.kind === 'truth' ? TRUTH : ANY;
}

function comparison(...kinds: readonly TemplateType['kind'][]): TemplateFunction['type'] {
  return (...args) => {
    if (!args.every((arg) => fits(arg, ...kinds))) return new Misuse(`it compares only ${kinds.join(', ')}`);
    const known = new Set(args.map(({ kind }) => kind).filter((kind) => kind !== 'any'));
    return known.size > 1 ? new Misuse(`it cannot compare ${[...known].join(' with ')}`) : TRUTH;
  };
}

function ordering(holds: Order): TemplateFunction {
  return { min: 2, max: 2, type: comparison('text', 'number'), call: (a, b) => holds(compare(a ?? '', b ?? '')) };
}

/** Text goes by its bytes, as in Go. */
function compare(a: TemplateValue, b: TemplateValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(printValue(a)), Buffer.from(printValue(b)));
}

/** Go counts the bytes of a text. */
function lengthOf(value: TemplateValue = ''): number {
  if (typeof value !== 'object') return Buffer.byteLength(String(value));
  if (value.kind === 'list') return value.items.length;
  return value.kind === 'labels' ? value.entries.size : value.fields.size;
}

function indexType(of?: TemplateType, by?: TemplateType): TemplateType | Misuse {
  if (of?.kind === 'labels') return fits(by, 'text') ? TEXT : new Misuse('labels are looked up by text');
  if (of?.kind === 'text') return fits(by, 'number') ? NUMBER : new Misuse('a byte of a text is looked up by a number');
  if (of?.kind === 'list') return fits(by, 'number') ? ANY : new Misuse('an item of a list is looked up by a number');
  return of?.kind === 'any' ? ANY : new Misuse('it looks into labels, lists and text only');
}

/** A label that is not there is the empty text. */
function indexOf(of: TemplateValue = '', by: TemplateValue = ''): TemplateValue | Misuse {
  if (typeof of === 'object') {
    if (of.kind === 'labels') return of.entries.get(String(by)) ?? '';
    if (of.kind === 'object') return of.fields.get(String(by)) ?? '';
    return of.items[Number(by)] ?? new Misuse(`index out of range: ${String(by)}`);
  }
  const byte = Buffer.from(String(of))[Number(by)];
  return byte ?? new Misuse(`index out of range: ${String(by)}`);
}

function sliceType(of?: TemplateType, ...bounds: readonly TemplateType[]): TemplateType | Misuse {
  return fits(of, 'text') && bounds.every((bound) => fits(bound, 'number')) ? TEXT : new Misuse('it takes a text and numbers');
}

function sliceOf(of: TemplateValue = '', from: TemplateValue = 0, to?: TemplateValue): TemplateValue | Misuse {
  const bytes = Buffer.from(String(of));
  const [start, end] = [Number(from), to === undefined ? bytes.length : Number(to)];
  if (start < 0 || end < start || end > bytes.length)
    return new Misuse(`there is no ${start} to ${end} of ${bytes.length} bytes`);
  return bytes.subarray(start, end).toString('utf8');
}

/** A space goes between two that are no text. */
function print(args: readonly TemplateValue[]): string {
  return args
    .map((arg, index) => {
      const previous = args[index - 1];
      const apart = previous !== undefined && typeof previous !== 'string' && typeof arg !== 'string';
      return `${apart ? ' ' : ''}${printValue(arg)}`;
    })
    .join('');
}

function printfType(format?: TemplateType, ...args: readonly TemplateType[]): TemplateType | Misuse {
  if (!fits(format, 'text')) return new Misuse('its first argument is the format, a text');
  const literal = format?.kind === 'text' ? format.literal : undefined;
  const problem = literal === undefined ? undefined : formatProblem(String(literal), args);
  return problem === undefined ? TEXT : new Misuse(problem);
}

function joinType(...args: readonly TemplateType[]): TemplateType | Misuse {
  return args.every((arg) => fits(arg, 'text')) ? TEXT : new Misuse('it takes a separator and the texts to join');
}
