import { DomainError } from '#common/errors';
import { queryFlag, queryTimeNanos } from '../http/query';

/** What a client wants of a log. */
export interface LogOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly details: boolean;
  /** Seconds since 1970, with a fraction; '' for all. */
  readonly since: string;
  readonly until: string;
  /** A number of lines of each task, or `all`. */
  readonly tail: string;
}

const NANOS_PER_SECOND = 1_000_000_000n;
const NANO_DIGITS = 9;
const COUNT = /^\d{1,15}$/;

/** @throws DomainError INVALID_ARGUMENT */
export function parseLogOptions(query: URLSearchParams): LogOptions {
  const flag = (name: string): boolean => queryFlag(query, name);
  const [stdout, stderr] = [flag('stdout'), flag('stderr')];
  if (!stdout && !stderr) throw invalid('Bad parameters: you must choose at least one stream');
  return {
    stdout,
    stderr,
    follow: flag('follow'),
    timestamps: flag('timestamps'),
    details: flag('details'),
    since: engineTime(query, 'since'),
    until: engineTime(query, 'until'),
    tail: parseTail(query.get('tail') ?? ''),
  };
}

/** The query for an engine's own log of one container. */
export function engineLogQuery(options: LogOptions): string {
  const { stdout, stderr, follow, timestamps, since, until, tail } = options;
  const query = new URLSearchParams({ tail });
  for (const [name, isWanted] of Object.entries({ stdout, stderr, follow, timestamps })) if (isWanted) query.set(name, '1');
  if (since !== '') query.set('since', since);
  if (until !== '') query.set('until', until);
  return query.toString();
}

function parseTail(text: string): string {
  if (text === '' || text === 'all') return 'all';
  if (COUNT.test(text)) return text;
  if (/^-\d+$/.test(text)) throw invalid(`invalid tail '${text}': negative tail values not supported`);
  throw invalid(`invalid tail '${text}': tail value must be a positive integer or "all"`);
}

/** In the form that engines take. */
function engineTime(query: URLSearchParams, name: string): string {
  const nanos = queryTimeNanos(query, name);
  if (!nanos) return '';
  return `${nanos / NANOS_PER_SECOND}.${String(nanos % NANOS_PER_SECOND).padStart(NANO_DIGITS, '0')}`;
}

function invalid(message: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', message);
}
