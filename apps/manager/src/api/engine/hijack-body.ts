import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { DomainError } from '#common/errors';

/** `{"Detach":false,"Tty":true,…}` is all that such a request says. */
const MAX_BYTES = 64 * 1024;
const TIMEOUT_MS = 15_000;
const NOTHING = Buffer.alloc(0);
/** One chunk's first line. Extensions mean nothing to Docker, and are a way to have two readers read two things. */
const CHUNK_LINE = /^([0-9a-fA-F]{1,5})\r\n/;
const LONGEST_LINE = 7;
const CRLF = '\r\n';
const EXEC_START = /\/exec\/[^/]+\/start(?:\?|$)/;

/** The body of a request, and what has arrived after it. */
export interface TakenBody {
  readonly body: Buffer;
  readonly rest: Buffer;
  /** The body was announced and has not come: where another request would begin is unknown. */
  readonly isOpenEnded?: boolean;
}

/**
 * Reads the body of a request that asks for its connection: no HTTP server reads it any more.
 * @param head what has arrived after the request's head
 * @throws DomainError INVALID_ARGUMENT · TOO_LARGE · CANCELLED the client went away · DEADLINE_EXCEEDED
 */
export async function takeBody({ url = '', headers }: IncomingMessage, client: Duplex, head: Buffer): Promise<TakenBody> {
  if (headers['transfer-encoding'] !== undefined) {
    if (headers['content-length'] !== undefined) throw refused('has a Transfer-Encoding and a Content-Length');
    if (headers['transfer-encoding'].toLowerCase() !== 'chunked') throw refused('has a Transfer-Encoding other than chunked');
    if (EXEC_START.test(url)) return readUntil(client, head, unchunked);
    // To attach needs no body, and some clients (docker-modem) announce chunks that never come.
    const taken = unchunked(head);
    return taken ? { body: NOTHING, rest: taken.rest } : { body: NOTHING, rest: head, isOpenEnded: true };
  }
  const length = Number(headers['content-length'] ?? 0);
  if (length > MAX_BYTES) throw tooLarge();
  return readUntil(client, head, (bytes) =>
    bytes.length < length ? undefined : { body: bytes.subarray(0, length), rest: bytes.subarray(length) },
  );
}

async function readUntil(client: Duplex, head: Buffer, read: (bytes: Buffer) => TakenBody | undefined): Promise<TakenBody> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  for (let bytes = head; ;) {
    const taken = read(bytes);
    if (taken) return taken;
    bytes = Buffer.concat([bytes, await nextOf(client, signal)]);
    // Chunks of one byte each take six.
    if (bytes.length > 6 * MAX_BYTES) throw tooLarge();
  }
}

async function nextOf(client: Duplex, signal: AbortSignal): Promise<Buffer> {
  const arrived = client.read() as Buffer | null;
  if (arrived) return arrived;
  try {
    await once(client, 'readable', { signal });
  } catch (error) {
    if (!signal.aborted) throw new DomainError('CANCELLED', 'the client went away', { cause: error });
    throw new DomainError('DEADLINE_EXCEEDED', `the request body did not arrive within ${TIMEOUT_MS} ms`);
  }
  const chunk = client.read() as Buffer | null;
  if (!chunk) throw new DomainError('CANCELLED', 'the client went away before the whole request had arrived');
  return chunk;
}

/** The body of chunks that have arrived as a whole; undefined until they have. @throws DomainError INVALID_ARGUMENT · TOO_LARGE */
export function unchunked(bytes: Buffer): TakenBody | undefined {
  const chunks: Buffer[] = [];
  let total = 0;
  for (let at = 0; ;) {
    const line = CHUNK_LINE.exec(bytes.subarray(at, at + LONGEST_LINE).toString('latin1'));
    if (!line && bytes.length - at < LONGEST_LINE && !bytes.subarray(at).includes('\n')) return undefined;
    if (!line) throw refused('has a chunk whose size cannot be read');
    const start = at + line[0].length;
    const size = Number.parseInt(line[1] ?? '', 16);
    total += size;
    if (total > MAX_BYTES) throw tooLarge();
    const end = start + size;
    if (bytes.length < end + CRLF.length) return undefined;
    if (bytes.toString('latin1', end, end + CRLF.length) !== CRLF) throw refused('has a chunk longer than its size, or trailers');
    at = end + CRLF.length;
    if (size === 0) return { body: Buffer.concat(chunks), rest: bytes.subarray(at) };
    chunks.push(bytes.subarray(start, end));
  }
}

function refused(why: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', `the request ${why}`);
}

function tooLarge(): DomainError {
  return new DomainError('TOO_LARGE', `the request body is larger than ${MAX_BYTES} bytes, the most that is accepted here`);
}
