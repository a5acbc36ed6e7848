import type { GenericResource, Ulimit } from '#common/proto';
import { badValue, type ValueKind } from '../flag';
import { splitPair } from './text';

const ULIMITS = [
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
];

const UNLIMITED = -1;

function parseLimit(text: string): number {
  const limit = /^(-1|\d+)$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(limit)) throw badValue(`'${text}' is not a limit: a whole number, or -1 for none`);
  return limit;
}

/** Reads `name=soft[:hard]`; without a hard limit both are the same. @throws DomainError INVALID_ARGUMENT */
export function parseUlimit(text: string): Ulimit {
  const [name, limits] = splitPair(text);
  if (!ULIMITS.includes(name)) throw badValue(`'${name}' is none of the limits ${ULIMITS.join(', ')}`);
  const [softText = '', hardText = softText, ...rest] = limits.split(':');
  if (rest.length > 0) throw badValue(`'${limits}' is not of the form soft or soft:hard`);
  const soft = parseLimit(softText);
  const hard = parseLimit(hardText);
  if (hard !== UNLIMITED && (soft === UNLIMITED || soft > hard)) throw badValue(`soft limit ${soft} is over hard limit ${hard}`);
  return { name, soft, hard };
}

/** Reads `kind=count`. Single named resources cannot be asked for. @throws DomainError INVALID_ARGUMENT */
export function parseGenericResource(text: string): GenericResource {
  const [kind, value] = splitPair(text);
  const amount = /^\d+$/.test(value) ? Number(value) : NaN;
  if (kind === '' || !Number.isSafeInteger(amount)) throw badValue(`'${text}' is not of the form kind=count`);
  return { namedResourceSpec: undefined, discreteResourceSpec: { kind, value: amount } };
}

export const ulimit: ValueKind<Ulimit> = { placeholder: 'name=soft:hard', example: 'nofile=1024:2048', parse: parseUlimit };
export const genericResource: ValueKind<GenericResource> = {
  placeholder: 'kind=count',
  example: 'gpu=1',
  parse: parseGenericResource,
};
