import { badValue, type ValueKind } from '../flag';
import { parseWhole } from './numbers';

const SIZE = /^(\d+\.?\d*|\.\d+) ?(?:([kmgtp])i?)?b?$/i;
const SIZE_UNITS = 'kmgtp';

/**
 * Reads a size such as `512m`, `1.5g` or `64MiB` into bytes. Units are powers of 1024, however they are spelt.
 * @throws DomainError INVALID_ARGUMENT
 */
export function parseSize(text: string): number {
  const match = SIZE.exec(text);
  if (!match) throw badValue(`'${text}' is not a size: give a number and one of the units b, k, m, g, t, p`);
  const power = match[2] === undefined ? 0 : SIZE_UNITS.indexOf(match[2].toLowerCase()) + 1;
  const bytes = Math.trunc(Number(match[1]) * 1024 ** power);
  if (!Number.isSafeInteger(bytes)) throw badValue(`'${text}' is too large`);
  return bytes;
}

const DECIMAL = /^\+?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const NANOS_PER_CPU = 1e9;
// What floating point may lose on the way; a real fraction of a billionth of a core is larger.
const ROUNDING = 1e-4;

/**
 * Reads a number of cores such as `0.5`, `2` or `1/4` into billionths of a core.
 * @throws DomainError INVALID_ARGUMENT
 */
export function parseCpus(text: string): number {
  const [numerator = '', denominator = '1', ...rest] = text.split('/');
  const isNumber = rest.length === 0 && DECIMAL.test(numerator) && DECIMAL.test(denominator);
  const nanos = isNumber ? (Number(numerator) / Number(denominator)) * NANOS_PER_CPU : NaN;
  if (!Number.isFinite(nanos)) throw badValue(`'${text}' is not a number of CPUs`);
  if (Math.abs(nanos - Math.round(nanos)) > ROUNDING) throw badValue(`'${text}' is finer than a billionth of a CPU`);
  if (!Number.isSafeInteger(Math.round(nanos))) throw badValue(`'${text}' is too large`);
  return Math.round(nanos);
}

const parseSwap = (text: string): number => (text === '-1' ? -1 : parseSize(text));
const parseSwappiness = (text: string): number => {
  const value = text === '-1' ? -1 : parseWhole(text);
  if (value > 100) throw badValue(`'${text}' is not between 0 and 100, nor -1`);
  return value;
};

export const size: ValueKind<number> = { placeholder: 'bytes', example: '512m', parse: parseSize };
export const cpus: ValueKind<number> = { placeholder: 'cpus', example: '0.5', parse: parseCpus };
export const swap: ValueKind<number> = { placeholder: 'bytes', example: '1g', parse: parseSwap };
export const swappiness: ValueKind<number> = { placeholder: 'percent', example: '60', parse: parseSwappiness };
