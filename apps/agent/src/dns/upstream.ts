import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { DomainError } from '#common/errors';
import { firstMessage, withLength } from './tcp-framing';

const TIMEOUT_MS = 2_000;
const PORT = 53;
const RESOLV_CONF = '/etc/resolv.conf';
/** A message begins with a number that its answer has too. */
const ID_BYTES = 2;

/** The servers that the host itself asks. */
export async function upstreamServers(path = RESOLV_CONF): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address);
}

/**
 * Asks the servers one after the other and passes the answer on as it is.
 * @throws DomainError UNAVAILABLE when none answers in time
 */
export async function askUpstream(servers: readonly string[], query: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer> {
  for (const server of servers) {
    const answer = await (transport === 'udp' ? askByUdp(server, query) : askByTcp(server, query)).catch(() => undefined);
    if (answer) return answer;
  }
  throw new DomainError('UNAVAILABLE', `no name server answers (${servers.join(', ') || 'the host has none'})`);
}

function askByUdp(server: string, query: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4');
    let isOver = false;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      if (!isOver) socket.close();
      isOver = true;
      settle();
    };
    const timer = setTimeout(() => end(() => reject(new Error('timeout'))), TIMEOUT_MS);
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('message', (answer) => {
      // Another question's answer, or nobody's.
      if (answer.length >= ID_BYTES && answer.readUInt16BE(0) === query.readUInt16BE(0)) end(() => resolve(answer));
    });
    // The callback hears of a failure too, which the declarations leave out.
    const connected = (failure?: Error): void => (failure ? end(() => reject(failure)) : socket.send(query));
    socket.connect(PORT, server, connected);
  });
}

function askByTcp(server: string, query: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server, port: PORT });
    let received = Buffer.alloc(0);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('timeout')));
    socket.on('error', reject);
    socket.on('connect', () => socket.write(withLength(query)));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const first = firstMessage(received);
      if (!first) return;
      socket.destroy();
      resolve(first.message);
    });
    socket.on('close', () => reject(new Error('closed')));
  });
}
