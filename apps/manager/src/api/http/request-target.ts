import { DomainError } from '#common/errors';

/** What nearly every request has: segments of plain characters, none of them empty, `.` or `..`. Linear: a segment holds no slash. */
const PLAIN = /^(?:\/(?!\.\.?(?:[/?]|$))[!$&-.0-;=@-Z_a-z~]+)*\/?(?:\?|$)/;

/** The longest name, a reference to an image, has 4096 characters, each of which may be three when encoded. */
const MAX_PATH_LENGTH = 16 * 1024;

const NOT_PRINTABLE = /[^\x21-\x7e]/;
const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;
/** Empty, `.` or `..` between slashes; a slash at the end is allowed. */
const STRAY_SEGMENT = /\/(?=\/)|\/\.\.?(?=\/|$)/;
/** Clients never need to encode these (RFC 3986, 2.3): whoever does wants two readers to read two things. */
const UNRESERVED = /[A-Za-z0-9\-._~]/;
/** May stand in a path as they are, so an encoded one is the same path. docker-py encodes `@`, docker-java `:`. */
const PLAIN_IN_PATHS = /[!$&'()*+,;=:@]/;
/** References to images and plugins have slashes in them, which some clients encode: /images/library%2Fnginx/json. */
const NAMES_WITH_SLASHES = /^(?:\/v[0-9.]+)?\/(?:images|distribution|plugins)\//;

/**
 * The one spelling of a request's path, with its query as it came. Every reader (this API's routes, the choice of an engine, the engine
 * itself) gets this one, so none can read another path than the next.
 * @param target as it stands in the request line
 * @throws DomainError INVALID_ARGUMENT the target can be read in more than one way, or is no path
 */
export function canonicalTarget(target: string): string {
  return PLAIN.test(target) && target !== '' ? target : spelledOut(target);
}

function spelledOut(target: string): string {
  if (!target.startsWith('/')) {
    throw refused(`has to be a path that begins with a slash, not ${target === '*' ? 'an asterisk' : 'a URL or an authority'}`);
  }
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  if (path.length > MAX_PATH_LENGTH) throw refused(`is longer than ${MAX_PATH_LENGTH} characters`);
  if (NOT_PRINTABLE.test(path)) throw refused('has characters that need to be percent-encoded');
  if (/[\\#]/.test(path)) throw refused('has a backslash or a number sign');
  if (BROKEN_ESCAPE.test(path)) throw refused('cannot be decoded: % has to be followed by two hexadecimal digits');
  const mayHaveSlashes = NAMES_WITH_SLASHES.test(path);
  const canonical = path.replace(ESCAPE, (escape, digits: string) => plainer(escape, digits, mayHaveSlashes));
  if (STRAY_SEGMENT.test(canonical)) throw refused('has an empty segment (//), or one that is . or ..');
  requireUtf8(canonical);
  return query < 0 ? canonical : canonical + target.slice(query);
}

/** One escape as the canonical path has it. */
function plainer(escape: string, digits: string, mayHaveSlashes: boolean): string {
  const code = Number.parseInt(digits, 16);
  const character = String.fromCharCode(code);
  if (code < 0x20 || code === 0x7f) throw refused(`has an encoded control character (${escape})`);
  if (UNRESERVED.test(character)) throw refused(`has ${escape}, which has to be written as ${character}`);
  if (character === '\\') throw refused(`has an encoded backslash (${escape})`);
  if (character === '/') {
    if (mayHaveSlashes) return character;
    throw refused(`has an encoded slash (${escape}) in a name that cannot have one`);
  }
  return PLAIN_IN_PATHS.test(character) ? character : escape.toUpperCase();
}

function requireUtf8(path: string): void {
  try {
    decodeURIComponent(path);
  } catch {
    throw refused('cannot be decoded: its percent-encoded bytes are not UTF-8');
  }
}

function refused(why: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', `the path of the request ${why}`);
}
