import { DomainError, messageOf } from '#common/errors';
import { interpolate, type Variables } from './template';

/** What a file of variables says; a name without a value leaves the value to whoever reads the file. */
export type EnvEntries = ReadonlyMap<string, string | undefined>;

const NAME = /^(?:export[ \t]+)?([^\s=:#]+)[ \t]*(?:([=:])|$)/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Reads a file from top to bottom. */
class EnvFileReader {
  readonly entries = new Map<string, string | undefined>();
  private readonly lines: string[];
  private index = 0;

  constructor(
    private readonly file: string,
    text: string,
    private readonly variables: Variables,
  ) {
    this.lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  }

  read(): EnvEntries {
    for (; this.index < this.lines.length; this.index++) this.readLine((this.lines[this.index] ?? '').trim());
    return this.entries;
  }

  private readLine(line: string): void {
    if (line === '' || line.startsWith('#')) return;
    const match = NAME.exec(line);
    if (!match) throw this.error('is not of the form NAME=value');
    const [matched, name = '', sign] = match;
    if (sign === undefined) this.entries.set(name, undefined);
    else this.entries.set(name, this.readValue(line.slice(matched.length).trim()));
  }

  private readValue(text: string): string {
    const quote = text[0];
    if (quote === "'") return this.readQuoted(text, quote);
    if (quote === '"') return this.interpolate(unescaped(this.readQuoted(text, quote)));
    return this.interpolate(text.replace(/(?:^|[ \t]+)#.*$/, ''));
  }

  /** A quoted value may go on over several lines. */
  private readQuoted(first: string, quote: string): string {
    const start = this.index;
    let text = first.slice(1);
    for (;;) {
      const end = closingQuote(text, quote);
      if (end >= 0) return text.slice(0, end);
      this.index++;
      const next = this.lines[this.index];
      if (next === undefined) {
        this.index = start;
        throw this.error(`has a ${quote} that is never closed`);
      }
      text += `\n${next}`;
    }
  }

  /** Variables are those of earlier lines, else those from outside. */
  private interpolate(text: string): string {
    const { entries, variables } = this;
    const here: Variables = {
      valueOf: (name) => entries.get(name) ?? variables.valueOf(name),
      unset: (name) => variables.unset(name),
    };
    try {
      return interpolate(text, here);
    } catch (error) {
      throw this.error(messageOf(error));
    }
  }

  private error(message: string): DomainError {
    return new DomainError('INVALID_ARGUMENT', `${this.file}:${this.index + 1}: ${message}`);
  }
}

function closingQuote(text: string, quote: string): number {
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\' && quote === '"') index++;
    else if (text[index] === quote) return index;
  }
  return -1;
}

/** A protected dollar sign stays one: `$$` is how a template writes it. */
function unescaped(text: string): string {
  return text.replace(/\\([^])/g, (_, letter: string) => (letter === '$' ? '$$' : (ESCAPES[letter] ?? letter)));
}

/**
 * Reads a file of `NAME=value` lines by the rules of compose: values in single quotes are literal, others may use variables,
 * quoted ones may span lines, ` #` begins a comment outside quotes.
 * @throws DomainError INVALID_ARGUMENT naming the file and the line
 */
export function parseEnvFile(file: string, text: string, variables: Variables): EnvEntries {
  return new EnvFileReader(file, text, variables).read();
}

/** Reads a file whose values are literal to the end of the line: `format: raw`. */
export function parseRawEnvFile(file: string, text: string): EnvEntries {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const entries = lines.flatMap((line, index): [string, string | undefined][] => {
    if (line.trim() === '' || line.trimStart().startsWith('#')) return [];
    const equals = line.indexOf('=');
    const name = (equals < 0 ? line : line.slice(0, equals)).trim();
    if (name === '') throw new DomainError('INVALID_ARGUMENT', `${file}:${index + 1}: is not of the form NAME=value`);
    return [[name, equals < 0 ? undefined : line.slice(equals + 1)]];
  });
  return new Map(entries);
}
