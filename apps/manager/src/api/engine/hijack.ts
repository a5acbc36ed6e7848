import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { guarded } from '#common/concurrency';
import { DomainError } from '#common/errors';
import { headersToClient, headersToEngine } from './engine-headers';
import { readText } from './engine-request';
import { takeBody } from './hijack-body';

/** The engine answers at once whether it hands over the connection. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Once the engine's last byte was sent: a client that does not hang up by then is hung up on. */
const LINGER_MS = 10_000;
/** How soon it is noticed that a client has gone. */
const LOOK_MS = 1_000;
const NOTHING = Buffer.alloc(0);
const RAW_STREAMS: ReadonlySet<string> = new Set([
  'application/vnd.docker.raw-stream',
  'application/vnd.docker.multiplexed-stream',
]);

/** A client's request to take over its connection. */
export interface Takeover {
  readonly request: IncomingMessage;
  readonly client: Duplex;
  /** What has arrived after the request's head. */
  readonly head: Buffer;
}

/** What the engine says to it: bytes both ways from here on, or an answer like any other. */
type EngineWord =
  | { readonly answer: IncomingMessage; readonly from: Readable; readonly head: Buffer }
  | { readonly answer: IncomingMessage; readonly from: undefined };

/**
 * Asks an engine for a connection and joins it with the client's if the engine agrees. Not a byte of the client's beyond its request
 * reaches the engine before.
 * @param connect with the engine @param path as the engine is to get it
 * @returns the bytes after the request when the engine has answered otherwise: the connection is still an HTTP server's
 * @throws DomainError as `connect` · UNAVAILABLE · DEADLINE_EXCEEDED · INVALID_ARGUMENT and TOO_LARGE the body
 */
export async function takeOver(
  { request, client, head }: Takeover,
  connect: () => Promise<Duplex>,
  path: string,
): Promise<Buffer | undefined> {
  const { body, rest, isOpenEnded = false } = await takeBody(request, client, head);
  const engine = await connect();
  if (client.destroyed) {
    engine.destroy();
    throw new DomainError('CANCELLED', 'the client went away while the engine was called');
  }
  const gone = (): void => void engine.destroy();
  client.once('close', gone);
  try {
    const word = await ask(engine, request, path, body);
    if (word.from === undefined) {
      const text = await readText(word.answer);
      engine.destroy();
      client.write(ordinaryAnswer(word.answer, text, isOpenEnded));
      if (!isOpenEnded) return rest;
      client.end();
      return undefined;
    }
    client.write(headOf(word.answer, word.answer.rawHeaders), 'latin1');
    if (word.head.length > 0) client.write(word.head);
    if (rest.length > 0) engine.write(rest);
    join(client, engine, word.from);
    return undefined;
  } catch (error) {
    engine.destroy();
    throw error;
  } finally {
    client.off('close', gone);
    if (client.destroyed) engine.destroy();
  }
}

function ask(engine: Duplex, request: IncomingMessage, path: string, body: Buffer): Promise<EngineWord> {
  const { method = 'POST', headers } = request;
  return new Promise((resolve, reject) => {
    const call = httpRequest({
      method,
      path,
      headers: {
        ...headersToEngine(headers, body.length > 0 || method === 'POST' ? body : undefined),
        host: 'docker',
        connection: 'Upgrade',
        upgrade: headers.upgrade ?? 'tcp',
      },
      createConnection: () => engine,
    });
    const fail = (error: DomainError): void => {
      clearTimeout(timer);
      call.destroy();
      engine.destroy();
      reject(error);
    };
    const hungUp = (): void => fail(noAnswer('it hung up'));
    const settle = (word: EngineWord): void => {
      clearTimeout(timer);
      // From here on, the end of the request is not the end of the connection.
      call.off('close', hungUp);
      resolve(word);
    };
    const timer = setTimeout(() => fail(new DomainError('DEADLINE_EXCEEDED', 'the engine does not answer')), ANSWER_TIMEOUT_MS);
    const broken = (error: Error): void => fail(noAnswer(error.message, error));
    call.on('error', broken);
    call.on('close', hungUp);
    call.on(
      'upgrade',
      guarded((answer: IncomingMessage, from: Duplex, head: Buffer) => settle({ answer, from, head }), broken),
    );
    call.on(
      'response',
      guarded(
        (answer: IncomingMessage) =>
          settle(isRawStream(answer) ? { answer, from: answer, head: NOTHING } : { answer, from: undefined }),
        broken,
      ),
    );
    call.end(body.length > 0 ? body : undefined);
  });
}

/** Docker's answer to those who did not ask for another protocol: 200, and bytes without end. */
function isRawStream({ statusCode, headers }: IncomingMessage): boolean {
  const hasLength = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  return statusCode === 200 && !hasLength && RAW_STREAMS.has(headers['content-type'] ?? '');
}

/** Both directions, each to its own end; when one side is gone altogether, so is the other. */
function join(client: Duplex, engine: Duplex, from: Readable): void {
  // A client that has shut down its direction may still read, or be gone; one that is not read is not heard. A write of nothing tells, and
  // sends nothing (on a unix socket; over TCP it is the kernel's keep-alive that tells).
  const look = setInterval(
    guarded(
      () => client.writableLength === 0 && !client.writableEnded && client.write(NOTHING),
      (error) => client.destroy(error),
    ),
    LOOK_MS,
  );
  let linger: NodeJS.Timeout | undefined;
  client.once('finish', () => (linger = setTimeout(() => client.destroy(), LINGER_MS)));
  const over = (): void => {
    clearInterval(look);
    clearTimeout(linger);
    engine.destroy();
  };
  client.once('close', over);
  if (client.destroyed) over();
  client.on('error', () => client.destroy());
  engine.on('error', () => engine.destroy());
  from.on('error', () => engine.destroy());
  // What the engine said last may still be on its way.
  engine.once('close', () => client.end(() => client.destroy()));
  client.pipe(engine);
  from.pipe(client);
}

/** An answer that leaves the connection to HTTP, unless it is the last one. */
function ordinaryAnswer(answer: IncomingMessage, text: string, isLast: boolean): string {
  const headers = { ...headersToClient(answer.headers), 'content-length': Buffer.byteLength(text) };
  const lines = Object.entries(headers).flatMap(([name, value]) => [value ?? ''].flat().flatMap((one) => [name, String(one)]));
  return headOf(answer, isLast ? [...lines, 'connection', 'close'] : lines) + text;
}

function headOf({ statusCode, statusMessage }: IncomingMessage, rawHeaders: readonly string[]): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function noAnswer(why: string, cause?: unknown): DomainError {
  return new DomainError('UNAVAILABLE', `the engine does not answer: ${why}`, { cause });
}
