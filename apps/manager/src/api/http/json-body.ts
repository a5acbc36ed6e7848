import type { IncomingMessage } from 'node:http';
import { DomainError, messageOf } from '#common/errors';

const MIB = 1024 * 1024;

/** Largest body that is read: what SwarmKit's own gRPC limit lets through. */
const MAX_BODY_BYTES = 4 * MIB;

/** A client that trickles its body in is cut off. */
const BODY_TIMEOUT_MS = 60_000;

/** A body that is too large is read to its end up to here, so that an honest client gets to see the answer. */
const MAX_DISCARDED_BYTES = 16 * MIB;

/** Reads a JSON body. @throws DomainError INVALID_ARGUMENT there is none, or it is not JSON · TOO_LARGE · CANCELLED */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const body = await readOptionalJsonBody(request);
  if (body === undefined) throw new DomainError('INVALID_ARGUMENT', 'got EOF while reading request body');
  return body;
}

/** As readJsonBody, but an absent body is undefined. */
export async function readOptionalJsonBody(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request);
  if (body.length === 0) return undefined;
  requireJson(request.headers['content-type']);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new DomainError('INVALID_ARGUMENT', `the request body is not valid JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** Reads a body whatever it is. @throws DomainError TOO_LARGE · CANCELLED */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunksOf(request)) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
    if (length > MAX_DISCARDED_BYTES) break;
  }
  if (length > MAX_BODY_BYTES) {
    const limit = `${MAX_BODY_BYTES} bytes (${MAX_BODY_BYTES / MIB} MiB)`;
    throw new DomainError('TOO_LARGE', `the request body is larger than ${limit}, the most that is accepted`);
  }
  return Buffer.concat(chunks, length);
}

async function* chunksOf(request: IncomingMessage): AsyncIterable<Buffer> {
  const timer = setTimeout(() => request.destroy(), BODY_TIMEOUT_MS);
  try {
    // Leaving early must not end the connection, which still has to carry the answer.
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new DomainError('CANCELLED', 'the client went away before the whole request had arrived', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function requireJson(contentType: string | undefined): void {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === undefined || type === '' || type === 'application/json') return;
  throw new DomainError('INVALID_ARGUMENT', `unsupported Content-Type header (${contentType}): must be 'application/json'`);
}
