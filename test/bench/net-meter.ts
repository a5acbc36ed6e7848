import { createServer, createConnection, type Socket } from 'node:net';
import { parseArgs } from 'node:util';

const CHUNK = Buffer.alloc(256 * 1024);
const MS_PER_SECOND = 1_000;

/**
 * One end of a measurement, to be run in a network namespace: `--serve` takes connections until SIGTERM; `--bytes` sends as much as it can for
 * `--seconds` and prints bytes per second; `--connects` opens and closes connections, so many at once, and prints them per second.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      serve: { type: 'string' },
      target: { type: 'string', default: '' },
      seconds: { type: 'string', default: '3' },
      bytes: { type: 'boolean', default: false },
      connects: { type: 'string' },
    },
  });
  if (values.serve !== undefined) return serve(Number(values.serve));
  const [host = '', port = ''] = values.target.split(':');
  const place = { host, port: Number(port), ms: Number(values.seconds) * MS_PER_SECOND };
  const figure = values.bytes ? await bytesPerSecond(place) : await connectsPerSecond(place, Number(values.connects));
  process.stdout.write(`${figure}\n`);
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly ms: number;
}

/** Swallows what comes. A client that sends nothing is let go at once. */
function serve(port: number): void {
  createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined).resume();
    socket.on('end', () => socket.end());
  }).listen(port);
}

async function bytesPerSecond(place: Place): Promise<number> {
  const socket = await connect(place);
  const startedAt = performance.now();
  while (performance.now() - startedAt < place.ms) {
    if (!socket.write(CHUNK)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  const seconds = (performance.now() - startedAt) / MS_PER_SECOND;
  const sent = socket.bytesWritten - socket.writableLength;
  socket.destroy();
  return sent / seconds;
}

async function connectsPerSecond(place: Place, atOnce: number): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - startedAt < place.ms) {
      const socket = await connect(place);
      // A reset instead of a farewell: otherwise ports run out within seconds, waiting for late packets.
      socket.resetAndDestroy();
      count++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return count / ((performance.now() - startedAt) / MS_PER_SECOND);
}

function connect({ host, port }: Place): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

void main();
