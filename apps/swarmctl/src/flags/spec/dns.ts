import type { DnsConfig } from '#common/proto';
import type { UpdateFlags } from '../tables/update-flags';
import { itself, sortedBy, withAdded, without } from './list-edits';

/** Added, then removed, then sorted, which is what docker does with these lists. */
function changedWords(current: string[], added: string[] | undefined, removed: string[] | undefined): string[] {
  if (!added && !removed) return current;
  return sortedBy(without(withAdded(current, added, itself), removed, itself), itself);
}

/** Applies the `--dns-*` flags. */
export function changedDns(current: DnsConfig | undefined, flags: UpdateFlags): DnsConfig | undefined {
  const { dnsAdd, dnsRm, dnsSearchAdd, dnsSearchRm, dnsOptionAdd, dnsOptionRm } = flags;
  const isGiven = [dnsAdd, dnsRm, dnsSearchAdd, dnsSearchRm, dnsOptionAdd, dnsOptionRm].some((value) => value !== undefined);
  if (!isGiven) return current;
  const base = current ?? { nameservers: [], search: [], options: [] };
  return {
    nameservers: changedWords(base.nameservers, dnsAdd, dnsRm),
    search: changedWords(base.search, dnsSearchAdd, dnsSearchRm),
    options: changedWords(base.options, dnsOptionAdd, dnsOptionRm),
  };
}
