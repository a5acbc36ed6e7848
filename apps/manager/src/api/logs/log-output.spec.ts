import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { LogOutput } from './log-output';

const PIECE = Buffer.alloc(1_000);

/** A client that takes a piece when the test says so. */
class FakeClient extends Writable {
  take: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: PIECE.length });
  }

  override _write(_chunk: Buffer, _: BufferEncoding, written: () => void): void {
    this.take = written;
  }
}

it('many writers hold back one piece at a time while the client does not read, and none is lost', async () => {
  const client = new FakeClient();
  const output = new LogOutput(client as unknown as ServerResponse);
  let written = 0;
  const writers = Array.from({ length: 100 }, () => output.write(PIECE).then(() => written++));
  await new Promise((resolve) => setImmediate(resolve));
  expect(client.writableLength).toBe(PIECE.length);
  while (written < writers.length) {
    client.take?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(client.writableLength).toBeLessThanOrEqual(PIECE.length);
  }
});

it('writers whose client goes are told so', async () => {
  const client = new FakeClient();
  const output = new LogOutput(client as unknown as ServerResponse);
  const writers = Array.from({ length: 3 }, () => output.write(PIECE));
  client.destroy();
  const outcomes = await Promise.allSettled(writers);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});
