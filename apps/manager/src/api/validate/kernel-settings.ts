import { findPredefinedNetwork } from '#common/domain';
import type { ContainerSpec, TaskSpec, Ulimit } from '#common/proto';
import { invalidSpec } from './api-errors';

const MAX_OOM_SCORE_ADJ = 1000;
const UNLIMITED = -1;
const ULIMITS = [
  ...['core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc', 'rss', 'rtprio', 'rttime'],
  ...['sigpending', 'stack'],
];
const SYSCTL = /^[a-z0-9_][a-z0-9_./-]*$/i;
/** Sysctls of the network namespace. */
const NETWORK_SYSCTL = /^net[./]/;

/** What an engine would find out when it starts the container, mostly in its words. @throws DomainError INVALID_ARGUMENT */
export function validateKernelSettings(container: ContainerSpec, networks: TaskSpec['networks']): void {
  const { oomScoreAdj, ulimits, sysctls } = container;
  if (Math.abs(oomScoreAdj) > MAX_OOM_SCORE_ADJ) {
    throw invalidSpec(`ContainerSpec: Invalid value ${oomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  }
  validateUlimits(ulimits);
  const onHost = networks.some(({ target }) => findPredefinedNetwork(target)?.name === 'host');
  for (const name of Object.keys(sysctls)) {
    if (!SYSCTL.test(name)) throw invalidSpec(`ContainerSpec: invalid sysctl '${name}': it is a name such as net.core.somaxconn`);
    if (onHost && NETWORK_SYSCTL.test(name)) {
      throw invalidSpec(`ContainerSpec: sysctl '${name}' not allowed in host network namespace`);
    }
  }
}

function validateUlimits(ulimits: readonly Ulimit[]): void {
  const names = new Set<string>();
  for (const ulimit of ulimits) {
    validateUlimit(ulimit);
    if (names.has(ulimit.name)) throw invalidSpec(`ContainerSpec: ulimit '${ulimit.name}' is given twice`);
    names.add(ulimit.name);
  }
}

function validateUlimit({ name, soft = 0, hard = 0 }: Ulimit): void {
  if (!ULIMITS.includes(name)) throw invalidSpec(`ContainerSpec: invalid ulimit type: ${name}; there are ${ULIMITS.join(', ')}`);
  if (soft < UNLIMITED || hard < UNLIMITED)
    throw invalidSpec(`ContainerSpec: ulimit ${name} is less than -1, which is unlimited`);
  if (hard !== UNLIMITED && (soft === UNLIMITED || soft > hard)) {
    throw invalidSpec(`ContainerSpec: ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard} (${name})`);
  }
}
