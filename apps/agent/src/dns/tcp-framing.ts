/** What stands before each message that TCP carries (RFC 1035, 4.2.2). */
const LENGTH_BYTES = 2;

/** A message as TCP carries it. */
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
