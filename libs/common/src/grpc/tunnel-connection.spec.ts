import { EventEmitter } from 'node:events';
import { TunnelConnection, type TunnelCall } from './tunnel-connection';
import type { TunnelChunk } from '../proto/generated/swarm/v1/tunnel';

/** The other side of a call, played by the test. */
class PlayedCall extends EventEmitter implements TunnelCall {
  readonly sent: TunnelChunk[] = [];
  isPaused = false;
  hasEnded = false;

  write(chunk: TunnelChunk, written: (error?: Error | null) => void): boolean {
    this.sent.push(chunk);
    setImmediate(written);
    return true;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.hasEnded = true;
  }

  says(text: string): void {
    this.emit('data', { data: Buffer.from(text), end: false });
  }

  saysItIsDone(): void {
    this.emit('data', { data: Buffer.alloc(0), end: true });
  }
}

let call: PlayedCall;
let isAbandoned: boolean;
let tunnel: TunnelConnection;
beforeEach(() => {
  call = new PlayedCall();
  isAbandoned = false;
  tunnel = new TunnelConnection(call, () => (isAbandoned = true));
});

const readAll = async (): Promise<string> => {
  let text = '';
  for await (const chunk of tunnel) text += String(chunk);
  return text;
};

it('what arrived before the call ended is read to its end', async () => {
  call.says('first, ');
  call.says('last');
  call.saysItIsDone();
  call.emit('end');
  expect(await readAll()).toBe('first, last');
});

it('a call that ends with nothing left to read ends this side too, whatever it has not said yet', async () => {
  const closed = new Promise((resolve) => tunnel.once('close', resolve));
  call.says('last');
  call.saysItIsDone();
  call.emit('cancelled');
  expect(tunnel.destroyed).toBe(false);
  tunnel.resume();
  await closed;
});

it('a call that ends without a word is an error', async () => {
  call.says('half of i');
  call.emit('end');
  await expect(readAll()).rejects.toThrow('the connection to the node was lost');
  expect(isAbandoned).toBe(true);
});

it('each direction ends by itself', async () => {
  tunnel.end('question');
  await new Promise((resolve) => tunnel.once('finish', resolve));
  expect(call.sent.map(({ data, end }) => `${data.toString()}${end ? '.' : ''}`)).toEqual(['question', '.']);
  call.says('answer');
  call.saysItIsDone();
  expect(await readAll()).toBe('answer');
  expect([call.hasEnded, isAbandoned]).toEqual([true, false]);
});

it('a reader that does not read holds the call up', () => {
  while (!call.isPaused) call.says('x'.repeat(64 * 1024));
  expect(tunnel.readableLength).toBeLessThan(1024 * 1024);
  tunnel.read();
  expect(call.isPaused).toBe(false);
  tunnel.destroy();
});
