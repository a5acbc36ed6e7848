import { createSocket } from 'node:dgram';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { encode } from 'dns-packet';
import { withLength } from '../tcp-framing';

/** The one who asks, as the server sees it. */
export const ASKER = '127.0.0.1';
const UNANSWERED_MS = 5_000;

/** A port of the loopback address that nobody has. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, ASKER, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A question with the number 7. */
export function query(name: string, type: 'A' | 'AAAA' | 'PTR' = 'A'): Buffer {
  return encode({ type: 'query', id: 7, flags: 1 << 8, questions: [{ type, name }] });
}

/** The answer to a datagram. @throws Error when none comes within `timeoutMs` */
export function askByUdp(port: number, message: Buffer, from = ASKER, timeoutMs = UNANSWERED_MS): Promise<Buffer> {
  const socket = createSocket('udp4');
  let timer: NodeJS.Timeout | undefined;
  const answered = new Promise<Buffer>((resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), timeoutMs);
    socket.once('error', reject);
    socket.once('message', resolve);
    socket.bind(0, from, () => socket.send(message, port, ASKER));
  });
  return answered.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

/** The next answer on a connection, one of its own unless given. @throws Error when the connection ends before */
export function askByTcp(port: number, message: Buffer, kept?: Socket): Promise<Buffer> {
  const socket = kept ?? connect(port, ASKER);
  let received = Buffer.alloc(0);
  const answered = new Promise<Buffer>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) resolve(received.subarray(2));
    });
    socket.write(withLength(message));
  });
  return answered.finally(() => {
    socket.removeAllListeners('data');
    if (!kept) socket.destroy();
  });
}
