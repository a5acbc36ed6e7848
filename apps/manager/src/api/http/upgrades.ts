import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { connectionOptions } from '../engine/engine-headers';
import type { EngineProxy } from '../engine/engine-proxy';
import { mayTakeOver } from '../engine/engine-route';
import { stripVersion } from './negotiate-version';
import { refuse } from './raw-refusal';
import { canonicalTarget } from './request-target';

/** Gives a connection back to the HTTP server, which reads these bytes before all that comes. */
export type Resume = (bytes: Buffer) => void;

/**
 * Answers requests with an Upgrade header. Those that may take over the connection do so if their engine agrees; all others are requests
 * like any other, and so is whatever follows on the same connection.
 */
export function upgrades(proxy: EngineProxy) {
  return async (request: IncomingMessage, client: Duplex, head: Buffer, resume: Resume): Promise<void> => {
    const url = takenOver(request);
    if (url === undefined) return resume(Buffer.concat([withoutUpgrade(request), head]));
    try {
      const rest = await proxy.takeOver({ request, client, head }, url);
      if (rest) resume(rest);
    } catch (error) {
      refuse(client, error);
    }
  };
}

/** The canonical URL of a request that may take over its connection. A broken one is refused where all requests are. */
function takenOver({ method, url = '' }: IncomingMessage): string | undefined {
  try {
    const canonical = canonicalTarget(url);
    return mayTakeOver(method, stripVersion(canonical)) ? canonical : undefined;
  } catch {
    return undefined;
  }
}

/** The request's head as it came, but for the wish for another protocol. */
function withoutUpgrade({ method, url, httpVersion, headers, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (!/^(?:upgrade|connection)$/i.test(rawHeaders[i] ?? '')) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  }
  const options = connectionOptions(headers).filter((option) => option !== 'upgrade');
  if (options.length > 0) lines.push(`Connection: ${options.join(', ')}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
