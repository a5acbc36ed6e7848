import { AUTHORITATIVE_ANSWER, RECURSION_AVAILABLE, type Answer, type Packet, type Question } from 'dns-packet';
import { isIpv6 } from '#common/domain';
import type { NameTable } from './name-table';

/** Seconds that a container may believe an answer: what moves is known within this time even to those who ask only once. */
const TTL_SECONDS = 2;

/** The answer from our own names; undefined when the question is for somebody else. */
export function answerFrom(names: NameTable, query: Packet, asker: string): Packet | undefined {
  const [question] = query.questions ?? [];
  if (!question) return undefined;
  const answers = recordsFor(names, question, asker);
  return answers && { ...reply(query), flags: reply(query).flags | AUTHORITATIVE_ANSWER, answers };
}

/** What is said when nobody could be asked. */
export function failure(query: Packet): Packet {
  const SERVFAIL = 2;
  return { ...reply(query), flags: reply(query).flags | SERVFAIL };
}

function reply({ id, flags = 0, questions }: Packet): Packet & { flags: number } {
  const RECURSION_DESIRED = 1 << 8;
  return { type: 'response', id, flags: (flags & RECURSION_DESIRED) | RECURSION_AVAILABLE, questions, answers: [] };
}

function recordsFor(names: NameTable, { name, type }: Question, asker: string): Answer[] | undefined {
  if (type === 'PTR') {
    const found = names.lookUpAddress(name, asker);
    return found === 'elsewhere' ? undefined : found.map((data) => ({ type, name, ttl: TTL_SECONDS, data }));
  }
  const found = names.lookUp(name, asker);
  if (found === 'elsewhere') return undefined;
  // A name that is ours has what it has; nobody else is asked for another kind.
  if (type !== 'A' && type !== 'AAAA') return [];
  return found.filter((address) => isIpv6(address) === (type === 'AAAA')).map((data) => ({ type, name, ttl: TTL_SECONDS, data }));
}
