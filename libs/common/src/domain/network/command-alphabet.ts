import { DomainError } from '../../errors';

/**
 * The last gate before a tool runs as root: what its arguments and its input may consist of. Whatever is built into them has been read
 * before (kernel-value.ts); a byte outside means that something was not, and then nothing is run.
 */
const ARGUMENT = /^[A-Za-z0-9 ./:=,_+@%!&~()#-]*$/;
/** One command per line. */
const BATCH = /^[A-Za-z0-9 ./:_-]*$/;
/** A script: braces, sets, quoted names of devices, comparisons. */
const RULES = /^[A-Za-z0-9 ./:_{}"@=!<>&|,;*+-]*$/;
/** Sections and `Name = value`, with keys in base64. */
const CONFIGURATION = /^[A-Za-z0-9 ./:=+[\]]*$/;

/** Tables, chains, and a rule per line. */
const RESTORE = /^[A-Za-z0-9 ./:_*,!=+[\]-]*$/;

const INPUT: ReadonlyMap<string, RegExp> = new Map([
  ['ip', BATCH],
  ['bridge', BATCH],
  ['nft', RULES],
  ['wg', CONFIGURATION],
  ['iptables-restore', RESTORE],
  ['ip6tables-restore', RESTORE],
]);
/** A parameter's path below /proc/sys: names of devices may hold dots, and no step upwards. */
const PARAMETER = /^[a-z0-9_-]+(?:\/(?!\.)[A-Za-z0-9_.-]+)+$/;
const PARAMETER_VALUE = /^[0-9]{1,10}$/;
const MAX_ARGUMENT = 256;
const MOST_SHOWN = 200;

/**
 * Lines are separated by line breaks, which are ours.
 * @throws DomainError INVALID_ARGUMENT naming the tool and the text that it must not get
 */
export function requireCommandText(tool: string, args: readonly string[], input: string): void {
  for (const arg of args) if (!ARGUMENT.test(arg) || arg.length > MAX_ARGUMENT) throw refused(`an argument of ${tool}`, arg);
  const alphabet = INPUT.get(tool);
  if (input === '') return;
  for (const line of input.split('\n')) if (!alphabet?.test(line)) throw refused(`a line for ${tool}`, line);
}

/** @throws DomainError INVALID_ARGUMENT */
export function requireParameter(path: string, value: string): void {
  if (!PARAMETER.test(path)) throw refused('the name of a kernel parameter', path);
  if (!PARAMETER_VALUE.test(value)) throw refused(`the kernel parameter ${path}`, value);
}

function refused(what: string, text: string): DomainError {
  const shown = JSON.stringify(text.slice(0, MOST_SHOWN));
  return new DomainError('INVALID_ARGUMENT', `${what} holds what it may not: ${shown}; nothing was run`);
}
