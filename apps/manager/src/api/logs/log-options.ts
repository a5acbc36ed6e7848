import { DomainError } from '#common/errors';
import { queryFlag } from '../http/query';

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

const TIME = /^\d{1,12}(?:\.\d{1,9})?$/;
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
    since: parseTime('since', query.get('since') ?? ''),
    until: parseTime('until', query.get('until') ?? ''),
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

/** Clients send a relative time (10m) as what it is from 1970 already; so does Docker's own command line. */
function parseTime(name: string, text: string): string {
  if (text === '' || text === '0') return '';
  if (TIME.test(text)) return text;
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw invalid(`invalid value '${text}' for ${name}: must be seconds since 1970, or a time such as 2026-01-31T12:00:00Z`);
  return String(at / 1_000);
}

function invalid(message: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', message);
}
