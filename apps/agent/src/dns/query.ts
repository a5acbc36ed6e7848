/** A message begins with its number, flags, and how many questions and records of three kinds follow (RFC 1035, 4.1.1). */
export const HEADER_BYTES = 12;
/** Far more than a question ever has; what is longer is no question. */
export const MAX_QUERY_BYTES = 4_096;

const IS_ANSWER = 1 << 15;
const OPCODE_SHIFT = 11;
const OPCODE_MASK = 0xf;
const RECURSION_DESIRED = 1 << 8;
const MAX_LABEL_BYTES = 63;
const MAX_NAME_BYTES = 255;
/** After a name: type and class. */
const TYPE_AND_CLASS_BYTES = 4;
/** The record by which an asker says what it understands (RFC 6891): the root's name, this type, and its size in place of a class. */
const OPT_TYPE = 41;
const SMALLEST_UDP_BYTES = 512;
/** Fits a frame of every overlay, whatever the asker takes. */
const LARGEST_UDP_BYTES = 1_232;

/** What the server has to know of a message that asks. */
export interface Query {
  readonly id: number;
  /** 0 for a plain question. */
  readonly opcode: number;
  readonly wantsRecursion: boolean;
  /** Missing when there is not exactly one that can be read. */
  readonly question?: Question;
  readonly hasEdns: boolean;
  /** The largest answer that the asker takes by UDP. */
  readonly udpBytes: number;
}

export interface Question {
  /** Without the last dot. A dot within a label stands behind a backslash. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** As it came: answers repeat it byte by byte. */
  readonly bytes: Buffer;
}

/** Reads no further than the first record after the question, and never throws. Undefined for what asks nothing. */
export function readQuery(message: Buffer): Query | undefined {
  if (message.length < HEADER_BYTES || message.length > MAX_QUERY_BYTES) return undefined;
  const flags = message.readUInt16BE(2);
  if (flags & IS_ANSWER) return undefined;
  const [questions, answers, authorities] = [4, 6, 8].map((offset) => message.readUInt16BE(offset));
  const question = questions === 1 && answers === 0 && authorities === 0 ? readQuestion(message) : undefined;
  const edns = question && readEdns(message, HEADER_BYTES + question.bytes.length);
  return {
    id: message.readUInt16BE(0),
    opcode: (flags >> OPCODE_SHIFT) & OPCODE_MASK,
    wantsRecursion: (flags & RECURSION_DESIRED) !== 0,
    question,
    hasEdns: edns !== undefined,
    udpBytes: Math.min(Math.max(edns ?? 0, SMALLEST_UDP_BYTES), LARGEST_UDP_BYTES),
  };
}

/** A question's name stands there whole: there is nothing before it that it could point to. */
function readQuestion(message: Buffer): Question | undefined {
  const labels: string[] = [];
  let offset = HEADER_BYTES;
  for (;;) {
    const length = message[offset];
    if (length === undefined || length > MAX_LABEL_BYTES) return undefined;
    offset++;
    if (length === 0) break;
    if (offset + length - HEADER_BYTES >= MAX_NAME_BYTES) return undefined;
    labels.push(message.toString('utf8', offset, offset + length).replaceAll('.', '\\.'));
    offset += length;
  }
  const end = offset + TYPE_AND_CLASS_BYTES;
  if (end > message.length) return undefined;
  const [type, kind] = [message.readUInt16BE(offset), message.readUInt16BE(offset + 2)];
  return { name: labels.join('.'), type, class: kind, bytes: message.subarray(HEADER_BYTES, end) };
}

/** @returns the largest UDP message that the asker takes, if it says so */
function readEdns(message: Buffer, offset: number): number | undefined {
  const isThere = message.length >= offset + 1 + TYPE_AND_CLASS_BYTES && message.readUInt16BE(10) > 0;
  if (!isThere || message[offset] !== 0 || message.readUInt16BE(offset + 1) !== OPT_TYPE) return undefined;
  return message.readUInt16BE(offset + 3);
}
