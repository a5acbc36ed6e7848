import { MIN_MEMORY_BYTES, MIN_NANO_CPUS } from '#common/domain';
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
const MIN_CPUS = MIN_NANO_CPUS / NANOS_PER_CPU;
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
  if (nanos !== 0 && nanos < MIN_NANO_CPUS)
    throw badValue(`'${text}' is less than ${MIN_CPUS}, the least that a task can be given`);
  return Math.round(nanos);
}

const parseSwap = (text: string): number => (text === '-1' ? -1 : parseSize(text));
const parseSwappiness = (text: string): number => {
  const value = text === '-1' ? -1 : parseWhole(text);
  if (value > 100) throw badValue(`'${text}' is not between 0 and 100, nor -1`);
  return value;
};

function parseMemory(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== 0 && bytes < MIN_MEMORY_BYTES) throw badValue(`'${text}' is less than 4m, the least that a task can be given`);
  return bytes;
}

export const memory: ValueKind<number> = { placeholder: 'bytes', example: '512m', parse: parseMemory };
export const cpus: ValueKind<number> = { placeholder: 'cpus', example: '0.5', parse: parseCpus };
export const swap: ValueKind<number> = { placeholder: 'bytes', example: '1g', parse: parseSwap };
export const swappiness: ValueKind<number> = { placeholder: 'percent', example: '60', parse: parseSwappiness };
