import { DomainError } from '#common/errors';

/** Where values of variables come from. */
export interface Variables {
  valueOf(name: string): string | undefined;
  /** Told of a variable that is used without a default and has no value: it counts as empty. */
  unset(name: string): void;
}

/** With a colon, an empty value counts as missing, too. */
const OPERATORS = [':-', ':?', ':+', '-', '?', '+'] as const;
type Operator = (typeof OPERATORS)[number];

/** A text with variables, taken apart: plain stretches and variables. */
type Part = string | Variable;

interface Variable {
  readonly name: string;
  /** What the word after it means. */
  readonly operator?: Operator;
  readonly word: readonly Part[];
}

const PLAIN = /[^$}]+|}/y;
const PLAIN_IN_WORD = /[^$}]+/y;
const NAME = /[_a-zA-Z][_a-zA-Z0-9]*/y;
// No text that people write is deeper; a file made to overflow the stack is.
const MAX_DEPTH = 100;

/** Reads a text from left to right. */
class Parser {
  private position = 0;

  constructor(private readonly text: string) {}

  /** At `depth` 0 up to the end, deeper up to the brace that closes the word. */
  parts(depth: number): Part[] {
    if (depth > MAX_DEPTH) throw malformed();
    const parts: Part[] = [];
    for (;;) {
      const plain = this.take(depth === 0 ? PLAIN : PLAIN_IN_WORD);
      if (plain !== undefined) parts.push(plain);
      else if (this.skip('$$')) parts.push('$');
      else if (this.skip('${')) parts.push(this.braced(depth));
      else if (this.skip('$')) parts.push({ name: this.name(), word: [] });
      else return parts;
    }
  }

  private braced(depth: number): Variable {
    const name = this.name();
    const operator = OPERATORS.find((known) => this.skip(known));
    const word = operator === undefined ? [] : this.parts(depth + 1);
    if (!this.skip('}')) throw malformed();
    return { name, operator, word };
  }

  private name(): string {
    const name = this.take(NAME);
    if (name === undefined) throw malformed();
    return name;
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const taken = pattern.exec(this.text)?.[0];
    this.position += taken?.length ?? 0;
    return taken;
  }

  private skip(text: string): boolean {
    if (!this.text.startsWith(text, this.position)) return false;
    this.position += text.length;
    return true;
  }
}

function malformed(): DomainError {
  return new DomainError(
    'INVALID_ARGUMENT',
    'has a $ that begins no variable: write $NAME or ${NAME}, or $$ for the sign itself',
  );
}

function requiredError(name: string, message: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', `needs the variable ${name}${message === '' ? '' : `: ${message}`}`);
}

function valueOf({ name, operator, word }: Variable, variables: Variables): string {
  const value = variables.valueOf(name);
  if (operator === undefined) {
    if (value === undefined) variables.unset(name);
    return value ?? '';
  }
  const isThere = value !== undefined && (value !== '' || !operator.startsWith(':'));
  if (operator.endsWith('+')) return isThere ? join(word, variables) : '';
  if (isThere) return value;
  if (operator.endsWith('?')) throw requiredError(name, join(word, variables));
  return join(word, variables);
}

function join(parts: readonly Part[], variables: Variables): string {
  return parts.map((part) => (typeof part === 'string' ? part : valueOf(part, variables))).join('');
}

/**
 * Puts values in place of `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:?error}` and `${NAME:+instead}`, also without the
 * colon; words may hold variables. `$$` is one dollar sign. The rules are those of the compose specification, chapter
 * "Interpolation".
 * @throws DomainError INVALID_ARGUMENT for a dollar sign that begins nothing, and for a missing variable that is required
 */
export function interpolate(text: string, variables: Variables): string {
  return text.includes('$') ? join(new Parser(text).parts(0), variables) : text;
}
