import { encode } from 'dns-packet';
import { HEADER_BYTES, type Query } from './query';

/** Seconds that a container may cache an answer: a task that moves is found at its new place within this time. */
const TTL_SECONDS = 2;
const IS_ANSWER = 1 << 15;
const AUTHORITATIVE = 1 << 10;
const TRUNCATED = 1 << 9;
const RECURSION_DESIRED = 1 << 8;
const RECURSION_AVAILABLE = 1 << 7;
const OPCODE_SHIFT = 11;
/** TCP says a message's length in 16 bits. */
const MAX_TCP_BYTES = 0xffff;
/** Instead of a record's name: it is the question's, which follows the header. */
const NAME_OF_QUESTION = Buffer.from([0xc0, HEADER_BYTES]);
/** Says that this server understands EDNS (RFC 6891), and takes messages of 1,232 bytes by UDP. */
const OPT_RECORD = Buffer.from([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
/** An empty name. */
const ROOT = '.';
const ROOT_BYTES = 1;
/** Of a record, between its name and its data: type, class, time to live, length of the data. */
const FIXED_BYTES = 10;
/** One of an IPv4 address. */
const SMALLEST_RECORD_BYTES = 16;
/** In what `fit` returns. */
const PIECES_PER_RECORD = 2;

export const RCODE = { ok: 0, formatError: 1, serverFailure: 2, notImplemented: 4, refused: 5 } as const;

export type Transport = 'udp' | 'tcp';

export interface Reply {
  readonly rcode: (typeof RCODE)[keyof typeof RCODE];
  /** Of the question's name; missing when the name is not ours. */
  readonly records?: readonly DnsRecord[];
}

export interface DnsRecord {
  readonly type: 'A' | 'AAAA' | 'PTR';
  readonly data: string;
}

/**
 * The answer's bytes, with as many records as the asker takes: by UDP it learns that some are missing and asks again by TCP; by TCP
 * there is no larger answer to be had. The name is written once, so that a long one does not cost records.
 */
export function encodeReply(query: Query, { rcode, records }: Reply, transport: Transport): Buffer {
  const { question, hasEdns } = query;
  const end = hasEdns ? OPT_RECORD : Buffer.alloc(0);
  const start = HEADER_BYTES + (question?.bytes.length ?? 0);
  const room = (transport === 'udp' ? query.udpBytes : MAX_TCP_BYTES) - start - end.length;
  const fitting = fit(records ?? [], room);
  const count = fitting.length / PIECES_PER_RECORD;
  const isCut = count < (records?.length ?? 0);
  const header = Buffer.alloc(HEADER_BYTES);
  const flags =
    IS_ANSWER |
    (query.opcode << OPCODE_SHIFT) |
    (records ? AUTHORITATIVE : 0) |
    (isCut && transport === 'udp' ? TRUNCATED : 0) |
    (query.wantsRecursion ? RECURSION_DESIRED : 0) |
    RECURSION_AVAILABLE |
    rcode;
  [query.id, flags, question ? 1 : 0, count, 0, hasEdns ? 1 : 0].forEach((field, index) =>
    header.writeUInt16BE(field, index * 2),
  );
  return Buffer.concat([header, ...(question ? [question.bytes] : []), ...fitting, end]);
}

/** As many as there is room for, each with a pointer in place of its name. */
function fit(records: readonly DnsRecord[], room: number): Buffer[] {
  const candidates = records.slice(0, Math.ceil(room / SMALLEST_RECORD_BYTES));
  const answers = candidates.map(({ type, data }) => ({ type, name: ROOT, ttl: TTL_SECONDS, data }));
  const encoded = encode({ type: 'response', answers });
  const fitting: Buffer[] = [];
  let left = room;
  for (let offset = HEADER_BYTES; offset < encoded.length;) {
    const start = offset + ROOT_BYTES;
    offset = start + FIXED_BYTES + encoded.readUInt16BE(start + FIXED_BYTES - 2);
    left -= NAME_OF_QUESTION.length + offset - start;
    if (left < 0) break;
    fitting.push(NAME_OF_QUESTION, encoded.subarray(start, offset));
  }
  return fitting;
}
