import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** About one connection only (RFC 9110, 7.6.1): none of them is passed on, in either direction. */
const HOP_BY_HOP: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** The host is named anew for the engine; whoever expects a 100 has got it from this manager; the body is framed anew. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'host', 'expect', 'content-length', 'http2-settings']);
/** This manager says these itself. */
const NOT_PASSED_BACK: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'api-version', 'server', 'ostype', 'swarm']);

/** A request's headers for an engine. @param body sent in place of the request's own */
export function headersToEngine(headers: IncomingHttpHeaders, body?: string | Buffer): OutgoingHttpHeaders {
  return { ...without(headers, NOT_PASSED_ON), ...framing(headers, body) };
}

/** An engine's headers for a client. A body without a length is framed anew. */
export function headersToClient(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return without(headers, NOT_PASSED_BACK);
}

/** Whether a request comes with a body; the parser has seen to it that it has one framing at most. */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** The names that a message's Connection header lists, in lower case. */
export function connectionOptions({ connection }: IncomingHttpHeaders): string[] {
  if (connection === undefined) return [];
  return connection.split(',').map((name) => name.trim().toLowerCase());
}

function framing(headers: IncomingHttpHeaders, body: string | Buffer | undefined): OutgoingHttpHeaders {
  if (body !== undefined) return { 'content-length': Buffer.byteLength(body) };
  if (headers['transfer-encoding'] !== undefined) return { 'transfer-encoding': 'chunked' };
  return headers['content-length'] === undefined ? {} : { 'content-length': headers['content-length'] };
}

function without(headers: IncomingHttpHeaders, left: ReadonlySet<string>): OutgoingHttpHeaders {
  const listed = connectionOptions(headers);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !left.has(name) && !listed.includes(name)));
}
