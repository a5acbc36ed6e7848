import { randomBytes } from 'node:crypto';

const ID_LENGTH = 25;
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const ID_PATTERN = /^[0-9a-z]{25}$/;
/** Bytes from here on would make some characters likelier than others. */
const UNEVEN_FROM = 256 - (256 % ALPHABET.length);
const BYTES_AT_ONCE = 2_048;

/** A new random id in SwarmKit's form: 25 characters of 0-9a-z, which are 129 random bits. */
export function newId(): string {
  let id = '';
  while (id.length < ID_LENGTH) {
    const byte = takeRandomByte();
    if (byte < UNEVEN_FROM) id += ALPHABET.charAt(byte % ALPHABET.length);
  }
  return id;
}

/** Random bytes are made many at once: asking the system costs more than making them. No byte is used twice. */
let pool = Buffer.alloc(0);
let taken = 0;

function takeRandomByte(): number {
  if (taken === pool.length) {
    pool = randomBytes(BYTES_AT_ONCE);
    taken = 0;
  }
  return pool[taken++] ?? UNEVEN_FROM;
}

/** Whether the text has the form of an id. Anything else must never reach an etcd key or an engine's URL. */
export function isId(text: string): boolean {
  return ID_PATTERN.test(text);
}
