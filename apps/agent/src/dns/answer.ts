import { isIpv6 } from '#common/domain';
import type { NameTable } from './name-table';
import type { Question } from './query';
import type { DnsRecord } from './reply';

/** Numbers of the kinds of records that our names have (RFC 1035, RFC 3596). */
const TYPE = { A: 1, PTR: 12, AAAA: 28 } as const;
/** Of a name in an answer, and of each part of it (RFC 1035, 2.3.4). */
const MAX_NAME_BYTES = 253;
const MAX_LABEL_BYTES = 63;

/**
 * Records of our own names; undefined when the question is for somebody else. Those of several tasks are in an order that changes from
 * question to question: whoever takes the first address, and an answer that has no room for all, gives each task its share.
 *
 * @param random from 0 to below 1
 */
export function recordsFor(
  names: NameTable,
  { name, type }: Pick<Question, 'name' | 'type'>,
  asker: string,
  random: () => number,
): readonly DnsRecord[] | undefined {
  if (type === TYPE.PTR) {
    const found = names.lookUpAddress(name, asker);
    return found === 'elsewhere' ? undefined : found.filter(isName).map((data) => ({ type: 'PTR', data }));
  }
  const found = names.lookUp(name, asker);
  if (found === 'elsewhere') return undefined;
  // A name that is ours has what it has; nobody else is asked for another kind.
  if (type !== TYPE.A && type !== TYPE.AAAA) return [];
  const wantsIpv6 = type === TYPE.AAAA;
  const addresses = rotated(
    found.filter((address) => isIpv6(address) === wantsIpv6),
    random,
  );
  return addresses.map((data) => ({ type: wantsIpv6 ? 'AAAA' : 'A', data }));
}

/** Containers that are no tasks may be called what DNS cannot say. */
function isName(name: string): boolean {
  const labels = name.split('.').map((label) => Buffer.byteLength(label));
  return Buffer.byteLength(name) <= MAX_NAME_BYTES && labels.every((bytes) => bytes > 0 && bytes <= MAX_LABEL_BYTES);
}

function rotated<T>(items: readonly T[], random: () => number): readonly T[] {
  const start = Math.floor(random() * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
