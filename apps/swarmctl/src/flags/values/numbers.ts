import { badValue, type ValueKind } from '../flag';

const WHOLE = /^(?:0x[0-9a-f]+|0b[01]+|0o?[0-7]+|0|[1-9]\d*)$/i;

/**
 * Reads a whole number the way Go does when it is free to choose the base: `0x` is hexadecimal, `0b` binary, a leading `0`
 * octal. Docker reads counts and file modes so, hence `mode=0440` and `mode=440` are not the same.
 * @throws DomainError INVALID_ARGUMENT
 */
export function parseWhole(text: string): number {
  if (!WHOLE.test(text)) throw badValue(`'${text}' is not a whole number of 0 or more`);
  const value = Number(/^0[0-7]+$/.test(text) ? `0o${text}` : text);
  if (!Number.isSafeInteger(value)) throw badValue(`'${text}' is too large`);
  return value;
}

/** Reads a port, 1 to 65535. @throws DomainError INVALID_ARGUMENT */
export function parsePortNumber(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(value >= 1 && value <= 65_535)) throw badValue(`'${text}' is not a port between 1 and 65535`);
  return value;
}

/** Reads file permissions in octal digits. @throws DomainError INVALID_ARGUMENT */
export function parseOctal(text: string): number {
  if (!/^[0-7]{1,10}$/.test(text)) throw badValue(`'${text}' is not a file mode in octal digits`);
  return Number.parseInt(text, 8);
}

function parseInteger(text: string, min: number, max: number): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw badValue(`'${text}' is not a whole number between ${min} and ${max}`);
  // No flag means anything else by -0, and JSON does not know it.
  return value === 0 ? 0 : value;
}

function parseRatio(text: string): number {
  const value = /^\+?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (!(value >= 0 && value <= 1)) throw badValue(`'${text}' is not a ratio between 0 and 1`);
  // The API keeps ratios in 32 bits.
  return value;
}

export const count: ValueKind<number> = { placeholder: 'count', example: '3', parse: parseWhole };
export const ratio: ValueKind<number> = { placeholder: 'ratio', example: '0.1', parse: parseRatio };

/** A whole number within bounds. */
export function integer(min: number, max: number, example: string): ValueKind<number> {
  return { placeholder: 'number', example, parse: (text) => parseInteger(text, min, max) };
}
