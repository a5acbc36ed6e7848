import type { IncomingMessage } from 'node:http';
import { guarded } from '#common/concurrency';
import { DomainError, messageOf } from '#common/errors';
import { TcpRequest } from './tcp-request';

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
  requireJson(request);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new DomainError('INVALID_ARGUMENT', `the request body is not valid JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** A body as it is passed on. @throws DomainError INVALID_ARGUMENT for one that nests deeper than JSON can be written */
export function jsonText(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    throw new DomainError('INVALID_ARGUMENT', 'the request body is nested too deeply', { cause });
  }
}

/** Reads a body whatever it is. @throws DomainError TOO_LARGE · CANCELLED */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  // By events: the iterator of a stream costs as much as all else that is done with a small body.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(() => request.destroy(), BODY_TIMEOUT_MS);
    const finish = (end: () => void): void => {
      clearTimeout(timer);
      request.off('data', take).off('end', onEnd).off('close', onGone).off('error', onGone);
      end();
    };
    const take = guarded((chunk: Buffer): void => {
      length += chunk.length;
      if (length <= MAX_BODY_BYTES) chunks.push(chunk);
      else chunks.length = 0;
      if (length <= MAX_DISCARDED_BYTES) return;
      request.pause();
      finish(() => reject(tooLarge()));
    }, reject);
    const onEnd = (): void =>
      finish(() =>
        length > MAX_BODY_BYTES
          ? reject(tooLarge())
          : resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length)),
      );
    const onGone = (error?: unknown): void =>
      finish(() =>
        reject(new DomainError('CANCELLED', 'the client went away before the whole request had arrived', { cause: error })),
      );
    request.on('data', take).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}

function tooLarge(): DomainError {
  const limit = `${MAX_BODY_BYTES} bytes (${MAX_BODY_BYTES / MIB} MiB)`;
  return new DomainError('TOO_LARGE', `the request body is larger than ${limit}, the most that is accepted`);
}

/**
 * Refuses a body that does not say that it is JSON. Over TCP it has to say so: a web page of anybody can have a browser send a body of
 * any other type, but not this one.
 * @throws DomainError INVALID_ARGUMENT in Docker's words
 */
export function requireJson(request: IncomingMessage): void {
  const contentType = request.headers['content-type'];
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json' || (type === '' && !(request instanceof TcpRequest))) return;
  throw new DomainError('INVALID_ARGUMENT', `unsupported Content-Type header (${contentType ?? ''}): must be 'application/json'`);
}
