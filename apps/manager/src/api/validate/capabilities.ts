import type { ContainerSpec } from '#common/proto';
import { invalidSpec } from './api-errors';

const PREFIX = 'CAP_';
const ALL = 'ALL';

/** Those of Linux, from linux/capability.h; none has been added since 5.9. */
const KNOWN: ReadonlySet<string> = new Set([
  ALL,
  ...['AUDIT_CONTROL', 'AUDIT_READ', 'AUDIT_WRITE', 'BLOCK_SUSPEND', 'BPF', 'CHECKPOINT_RESTORE', 'CHOWN', 'DAC_OVERRIDE'],
  ...['DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'IPC_LOCK', 'IPC_OWNER', 'KILL', 'LEASE', 'LINUX_IMMUTABLE', 'MAC_ADMIN'],
  ...['MAC_OVERRIDE', 'MKNOD', 'NET_ADMIN', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_RAW', 'PERFMON', 'SETFCAP', 'SETGID'],
  ...['SETPCAP', 'SETUID', 'SYSLOG', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_CHROOT', 'SYS_MODULE', 'SYS_NICE', 'SYS_PACCT', 'SYS_PTRACE'],
  ...['SYS_RAWIO', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'WAKE_ALARM'],
]);

/** Refuses what no engine knows, in the engine's words. @throws DomainError INVALID_ARGUMENT */
export function validateCapabilities({ capabilityAdd, capabilityDrop }: ContainerSpec): void {
  requireKnown('CapAdd', capabilityAdd);
  requireKnown('CapDrop', capabilityDrop);
}

/** Capabilities that are both given and taken away; the engine gives them. */
export function contradictoryCapabilities({ capabilityAdd, capabilityDrop }: ContainerSpec): string[] {
  const dropped = new Set(capabilityDrop.map(withoutPrefix));
  return capabilityAdd.filter((name) => dropped.has(withoutPrefix(name)));
}

function requireKnown(field: 'CapAdd' | 'CapDrop', names: readonly string[]): void {
  const unknown = names.find((name) => !KNOWN.has(withoutPrefix(name)));
  if (unknown !== undefined) throw invalidSpec(`ContainerSpec: invalid ${field}: unknown capability: ${JSON.stringify(unknown)}`);
}

/** Engines take names in any letter case, with and without the prefix. */
function withoutPrefix(name: string): string {
  const upper = name.toUpperCase();
  return upper.startsWith(PREFIX) ? upper.slice(PREFIX.length) : upper;
}
