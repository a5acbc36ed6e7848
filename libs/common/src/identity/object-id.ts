import { randomBytes } from 'node:crypto';

const ID_LENGTH = 25;
const ID_BYTES = 16;
const IDS_AT_ONCE = 64;
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const ID_PATTERN = /^[0-9a-z]{25}$/;

/** A new random id in SwarmKit's form: 25 characters of 0-9a-z (128 random bits written in base 36). */
export function newId(): string {
  let value = BigInt(`0x${takeRandom()}`);
  let id = '';
  for (let i = 0; i < ID_LENGTH; i++) {
    id = ALPHABET[Number(value % 36n)] + id;
    value /= 36n;
  }
  return id;
}

/** Random bytes are made many at once: asking the system costs more than making them. No byte is used twice. */
let pool = Buffer.alloc(0);

function takeRandom(): string {
  if (pool.length === 0) pool = randomBytes(ID_BYTES * IDS_AT_ONCE);
  const taken = pool.toString('hex', 0, ID_BYTES);
  pool = pool.subarray(ID_BYTES);
  return taken;
}

/** Whether the text has the form of an id. Anything else must never reach an etcd key or an engine's URL. */
export function isId(text: string): boolean {
  return ID_PATTERN.test(text);
}
