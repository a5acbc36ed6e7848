import { DomainError } from '#common/errors';

/** What a flag's text may look like and how it is read. */
export interface ValueKind<T> {
  /** Stands for the text in the help: `--update-delay <duration>`. */
  readonly placeholder: string;
  /** A text that `parse` takes; shown when it does not take another. */
  readonly example: string;
  /** All texts that `parse` takes, where they can be counted. */
  readonly choices?: readonly string[];
  /** @throws DomainError INVALID_ARGUMENT saying what is wrong with the text; which flag it belongs to is said by the caller */
  parse(text: string): T;
}

/** A flag that takes one text; the last one given counts. */
export interface ValueFlag<T> {
  readonly takes: 'one';
  readonly kind: ValueKind<T>;
  readonly help: string;
  readonly short?: string;
  /** What holds for a new object when the flag is not given; for the help only. */
  readonly unset?: string;
}

/** A flag that may be given several times; every text counts. */
export interface ListFlag<T> {
  readonly takes: 'many';
  readonly kind: ValueKind<T>;
  readonly help: string;
  readonly short?: string;
}

/** A flag that takes no text, or `=true` or `=false`. */
export interface SwitchFlag {
  readonly takes: 'none';
  readonly help: string;
  readonly short?: string;
}

export type Flag = ValueFlag<unknown> | ListFlag<unknown> | SwitchFlag;

/** Flags by the name of the property that their value gets: `limitCpu` is `--limit-cpu`. */
export type FlagTable = Readonly<Record<string, Flag>>;

type ValueOf<F extends Flag> = F extends ValueFlag<infer T> ? T : F extends ListFlag<infer T> ? T[] : boolean;

/** The values of a table's flags. A flag that was not given has none. */
export type FlagValues<T extends FlagTable> = { readonly [K in keyof T]?: ValueOf<T[K]> };

/** A flag with one value. */
export function one<T>(kind: ValueKind<T>, help: string, more: { short?: string; unset?: string } = {}): ValueFlag<T> {
  return { takes: 'one', kind, help, ...more };
}

/** A flag that may be repeated. */
export function many<T>(kind: ValueKind<T>, help: string, more: { short?: string } = {}): ListFlag<T> {
  return { takes: 'many', kind, help, ...more };
}

/** A flag that is on or off. */
export function toggle(help: string, more: { short?: string } = {}): SwitchFlag {
  return { takes: 'none', help, ...more };
}

/** The long spelling of a flag's property name: `limitCpu` gives `limit-cpu`. */
export function longName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What a parser throws when it cannot take a text. */
export function badValue(problem: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', problem);
}
