import type { Duplex } from 'node:stream';
import { ERROR_CODES, isCode, messageOf } from '#common/errors';
import { HTTP_STATUS } from './http-status';

const SERVER_ERROR = 500;

/** Refuses the request of a client whose connection is no longer an HTTP server's, and hangs up. */
export function refuse(client: Duplex, error: unknown): void {
  const status = isCode(error, ...ERROR_CODES) ? HTTP_STATUS[error.code] : SERVER_ERROR;
  const body = JSON.stringify({ message: messageOf(error) });
  const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  client.end(`${head}\r\nConnection: close\r\n\r\n${body}`, () => client.destroy());
}
