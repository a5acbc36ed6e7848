import type { ContainerSpec } from '#common/proto';
import { isTemplate } from '#common/template';
import { invalidSpec } from './api-errors';

/** What Linux takes. */
const MAX_HOSTNAME_LENGTH = 64;
const HOSTNAME = /^[a-z0-9_]+(?:[-.]+[a-z0-9_]+)*$/i;
/** Of Linux, or of Windows with its drive. */
const ABSOLUTE_PATH = /^(?:\/|[a-z]:[\\/])/i;
const MAX_SIGNAL = 64;
const SIGNAL_NUMBER = /^\d{1,3}$/;
const REAL_TIME_SIGNAL = /^RTM(?:IN(?:\+\d{1,2})?|AX(?:-\d{1,2})?)$/;
const SIGNALS: ReadonlySet<string> = new Set([
  ...[
    'ABRT',
    'ALRM',
    'BUS',
    'CHLD',
    'CLD',
    'CONT',
    'FPE',
    'HUP',
    'ILL',
    'INT',
    'IO',
    'IOT',
    'KILL',
    'PIPE',
    'POLL',
    'PROF',
    'PWR',
  ],
  ...['QUIT', 'SEGV', 'STKFLT', 'STOP', 'SYS', 'TERM', 'TRAP', 'TSTP', 'TTIN', 'TTOU', 'UNUSED', 'URG', 'USR1', 'USR2', 'VTALRM'],
  ...['WINCH', 'XCPU', 'XFSZ'],
]);

/** Refuses what an engine would not start a process with. @throws DomainError INVALID_ARGUMENT */
export function validateProcess({ env, hostname, dir, stopSignal, stopGracePeriod = 0 }: ContainerSpec): void {
  if (stopGracePeriod < 0) throw invalidSpec('ContainerSpec: stop-grace-period cannot be negative');
  env.forEach(validateEnv);
  // What a template becomes is known on the node only.
  if (hostname !== '' && !isTemplate(hostname) && !isHostname(hostname)) {
    throw invalidSpec(
      `ContainerSpec: invalid hostname format: '${hostname}': up to ${MAX_HOSTNAME_LENGTH} letters, digits, '-', '_' and '.'`,
    );
  }
  if (dir !== '' && !ABSOLUTE_PATH.test(dir)) {
    throw invalidSpec(`ContainerSpec: the working directory '${dir}' is invalid, it needs to be an absolute path`);
  }
  if (stopSignal !== '' && !isSignal(stopSignal)) throw invalidSpec(`ContainerSpec: Invalid signal: ${stopSignal}`);
}

function validateEnv(entry: string): void {
  if (entry === '' || entry.startsWith('=')) throw invalidSpec(`ContainerSpec: invalid environment variable: '${entry}'`);
}

function isHostname(text: string): boolean {
  return text.length <= MAX_HOSTNAME_LENGTH && HOSTNAME.test(text);
}

/** A number, or a name in any letter case with or without SIG. */
function isSignal(text: string): boolean {
  if (SIGNAL_NUMBER.test(text)) return Number(text) >= 1 && Number(text) <= MAX_SIGNAL;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return SIGNALS.has(name) || REAL_TIME_SIGNAL.test(name);
}
