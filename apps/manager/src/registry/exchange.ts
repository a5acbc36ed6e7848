import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { guarded } from '#common/concurrency';
import { DomainError, messageOf } from '#common/errors';

/** The largest manifest that registries have to take. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

export interface ExchangeRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes it a POST, of which redirections are not followed. */
  readonly form?: URLSearchParams;
  /** Certificates are not looked at, and a redirection may lead away from TLS. */
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  /** How long the answer may take, in milliseconds. */
  readonly timeoutMs: number;
}

export interface ExchangeReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * One request and its answer, whatever its status. Redirections are followed; who asks is told only to the host that was named.
 * @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED
 */
export async function exchange(request: ExchangeRequest): Promise<ExchangeReply> {
  let { url, headers } = request;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const reply = await roundTrip({ ...request, url, headers });
    const { location } = reply.headers;
    if (request.form || location === undefined || !REDIRECTS.includes(reply.status)) return reply;
    const next = redirection(url, location, request.insecure);
    if (next.origin !== url.origin) headers = withoutAuthorization(headers);
    url = next;
  }
  throw new DomainError('UNAVAILABLE', `${request.url.host} redirects more than ${MAX_REDIRECTS} times`);
}

function redirection(from: URL, location: string, insecure: boolean): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const isSafe = next?.protocol === 'https:' || (next?.protocol === 'http:' && (insecure || from.protocol === 'http:'));
  if (next && isSafe) return next;
  throw new DomainError('UNAVAILABLE', `${from.host} redirects to where this manager does not follow`);
}

function withoutAuthorization(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'));
}

async function roundTrip(request: ExchangeRequest): Promise<ExchangeReply> {
  const late = AbortSignal.timeout(request.timeoutMs);
  const { host } = request.url;
  try {
    return await send(request, AbortSignal.any([request.signal, late]));
  } catch (error) {
    if (late.aborted) {
      throw new DomainError('DEADLINE_EXCEEDED', `${host} did not answer within ${request.timeoutMs} ms`, { cause: error });
    }
    if (request.signal.aborted) throw request.signal.reason;
    throw new DomainError('UNAVAILABLE', `${host} cannot be asked: ${messageOf(error)}`, { cause: error });
  }
}

function send({ url, headers, form, insecure }: ExchangeRequest, signal: AbortSignal): Promise<ExchangeReply> {
  const body = form?.toString();
  const isForm = body !== undefined;
  const options = {
    method: isForm ? 'POST' : 'GET',
    headers: isForm ? { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' } : headers,
    agent: false as const,
    signal,
    rejectUnauthorized: !insecure,
  };
  return new Promise((resolve, reject) => {
    const take = guarded(async (response: IncomingMessage) => resolve(await readReply(response)), reject);
    const outgoing = url.protocol === 'https:' ? httpsRequest(url, options, take) : httpRequest(url, options, take);
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function readReply(response: IncomingMessage): Promise<ExchangeReply> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the response.
    if (bytes > MAX_BODY_BYTES) throw new Error(`the answer is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
