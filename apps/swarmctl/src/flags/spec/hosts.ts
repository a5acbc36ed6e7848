import type { UpdateFlags } from '../tables/update-flags';
import type { HostToRemove } from '../values/addresses';

/** A line without the names that are to go; none when no name is left. */
function withoutHosts(line: string, removed: readonly HostToRemove[]): string[] {
  const [address = '', ...names] = line.split(/\s+/);
  const mustGo = (name: string): boolean =>
    removed.some((host) => host.host === name && (host.address === undefined || host.address === address));
  const kept = names.filter((name) => !mustGo(name));
  return kept.length === 0 ? [] : [[address, ...kept].join(' ')];
}

/** Applies `--host-rm`, then `--host-add`, to lines of the form `address name…`. */
export function changedHosts(current: string[], { hostAdd, hostRm }: UpdateFlags): string[] {
  if (!hostAdd && !hostRm) return current;
  const kept = hostRm ? current.flatMap((line) => withoutHosts(line, hostRm)) : current;
  return [...kept, ...(hostAdd ?? []).filter((line) => !kept.includes(line))];
}
