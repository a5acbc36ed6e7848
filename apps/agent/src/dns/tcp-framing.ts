/** What stands before each message that TCP carries (RFC 1035, 4.2.2). */
const LENGTH_BYTES = 2;

/** A message as TCP carries it. @throws RangeError when it is longer than 65,535 bytes */
export function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** The first message of what has come, and what came after it; undefined until all of it is there. */
export function firstMessage(received: Buffer): { message: Buffer; rest: Buffer } | undefined {
  if (received.length < LENGTH_BYTES) return undefined;
  const end = LENGTH_BYTES + received.readUInt16BE(0);
  return received.length < end ? undefined : { message: received.subarray(LENGTH_BYTES, end), rest: received.subarray(end) };
}

/**
 * The messages of a connection, one by one as they are asked for; ends with the connection.
 * @throws Error for one that is longer than `mostBytes`: what would have to be kept of it is nobody's memory
 */
export async function* messagesOf(chunks: AsyncIterable<Buffer>, mostBytes: number): AsyncIterable<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let first = firstMessage(pending); first; first = firstMessage(pending)) {
      pending = first.rest;
      if (first.message.length > mostBytes) throw tooLong(mostBytes);
      yield first.message;
    }
    if (pending.length > LENGTH_BYTES + mostBytes) throw tooLong(mostBytes);
  }
}

function tooLong(mostBytes: number): Error {
  return new Error(`a message is longer than ${mostBytes} bytes`);
}
