import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { guarded, withDeadline } from '#common/concurrency';
import { DomainError } from '#common/errors';
import type { Transport } from './reply';
import { messagesOf, withLength } from './tcp-framing';

/** Of one server. */
const TIMEOUT_MS = 2_000;
/** Of all servers together: askers give up after about as long. */
const DEADLINE_MS = 5_000;
const PORT = 53;
const RESOLV_CONF = '/etc/resolv.conf';
const MAX_ANSWER_BYTES = 0xffff;
/** A message begins with a number that its answer has too. */
const ID_BYTES = 2;

/** The servers that the host itself asks. */
export async function upstreamServers(path = RESOLV_CONF): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address);
}

/**
 * Asks the servers one after the other and passes the answer on as it is.
 * @throws DomainError UNAVAILABLE when none answers · DEADLINE_EXCEEDED
 */
export async function askUpstream(servers: readonly string[], query: Buffer, transport: Transport): Promise<Buffer> {
  const ask = transport === 'udp' ? askByUdp : askByTcp;
  return withDeadline('the name servers', DEADLINE_MS, async (late) => {
    for (const server of servers) {
      const signal = AbortSignal.any([late, AbortSignal.timeout(TIMEOUT_MS)]);
      const answer = await ask(server, query, signal).catch(() => undefined);
      if (answer) return answer;
      if (late.aborted) break;
    }
    throw new DomainError('UNAVAILABLE', `no name server answers (${servers.join(', ') || 'the host has none'})`);
  });
}

function askByUdp(server: string, query: Buffer, signal: AbortSignal): Promise<Buffer> {
  const socket = createSocket({ type: server.includes(':') ? 'udp6' : 'udp4', signal });
  const asked = new Promise<Buffer>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
    socket.on(
      'message',
      guarded((answer: Buffer) => answersTo(query, answer) && resolve(answer), reject),
    );
    // The callback receives a failure too, which the declarations leave out.
    const connected = guarded((failure?: Error) => (failure ? reject(failure) : socket.send(query)), reject);
    socket.connect(PORT, server, connected);
  });
  return asked.finally(() => {
    if (!signal.aborted) socket.close();
  });
}

async function askByTcp(server: string, query: Buffer, signal: AbortSignal): Promise<Buffer> {
  const socket = connect({ host: server, port: PORT, signal });
  try {
    socket.write(withLength(query));
    for await (const answer of messagesOf(socket, MAX_ANSWER_BYTES)) if (answersTo(query, answer)) return answer;
    throw new Error('closed');
  } finally {
    socket.destroy();
  }
}

/** Others are another question's answers, or nobody's. */
function answersTo(query: Buffer, answer: Buffer): boolean {
  return answer.length >= ID_BYTES && answer.readUInt16BE(0) === query.readUInt16BE(0);
}
