import { arch, cpus, release, totalmem, type as systemType } from 'node:os';
import { readFileSync } from 'node:fs';
import { NANOS_PER_MS } from '#common/domain';
import { VERSION } from '#common/version';
import type { HostFacts } from './api/ports';
import { agentAddressOf, type ManagerConfig } from './manager-config';

const KERNEL_NAMES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** What the manager says of itself and its host. */
export function collectHostFacts(config: ManagerConfig, managerId: string): HostFacts {
  return {
    managerId,
    hostname: config.hostname,
    address: agentAddressOf(config),
    version: VERSION,
    gitCommit: '',
    operatingSystem: readOsName(),
    kernelVersion: release(),
    architecture: KERNEL_NAMES[arch()] ?? arch(),
    cpus: cpus().length,
    memoryBytes: totalmem(),
    heartbeatPeriodNanos: config.heartbeatPeriodMs * NANOS_PER_MS,
    subnetPool: config.subnetPool,
  };
}

/** The distribution's name as os-release(5) gives it. */
function readOsName(): string {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? systemType();
  } catch {
    return systemType();
  }
}
