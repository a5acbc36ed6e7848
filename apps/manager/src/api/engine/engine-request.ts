import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { DomainError, messageOf } from '#common/errors';
import type { EnginePlace, Engines } from './engines';

/** One request to an engine. */
export interface EngineCall {
  readonly method: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Sent as it comes. */
  readonly body?: Readable | string;
  /** Ends the request and its answer. */
  readonly signal?: AbortSignal;
}

/** A name for the header that HTTP wants; nobody looks at it. */
const HOST = 'docker';
const TEXT_LIMIT = 16 * 1024 * 1024;

/**
 * Asks an engine, and resolves when its answer begins. The body is read by whoever gets the answer.
 * @throws DomainError as Engines.connect · UNAVAILABLE the engine hung up · CANCELLED
 */
export async function askEngine(engines: Engines, place: EnginePlace, call: EngineCall): Promise<IncomingMessage> {
  const socket = await engines.connect(place);
  return new Promise((resolve, reject) => {
    const { method, path, body, headers = {}, signal } = call;
    const request = httpRequest({
      method,
      path,
      headers: { ...headers, host: HOST, connection: 'close' },
      createConnection: () => socket,
      signal,
    });
    request.on('response', resolve);
    // Also the end of a connection on which the engine has begun another protocol, unasked.
    request.on('close', () => reject(new DomainError('UNAVAILABLE', 'the engine does not answer: it hung up')));
    request.on('error', (error) => {
      socket.destroy();
      reject(
        signal?.aborted
          ? new DomainError('CANCELLED', 'the request was given up')
          : new DomainError('UNAVAILABLE', `the engine does not answer: ${messageOf(error)}`, { cause: error }),
      );
    });
    if (body === undefined || typeof body === 'string') request.end(body);
    else body.on('error', () => request.destroy()).pipe(request);
  });
}

/** The answer's body as text. @throws DomainError TOO_LARGE */
export async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > TEXT_LIMIT) throw new DomainError('TOO_LARGE', `the engine's answer is larger than ${TEXT_LIMIT} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The answer's body as JSON; undefined for an answer that is none, or is a refusal. @throws DomainError as readText */
export async function readJson(answer: IncomingMessage): Promise<unknown> {
  const text = await readText(answer);
  if ((answer.statusCode ?? 0) >= 300) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
