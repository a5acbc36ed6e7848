import { randomBytes } from 'node:crypto';

const ID_LENGTH = 25;
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const ID_PATTERN = /^[0-9a-z]{25}$/;

/** A new random id in SwarmKit's form: 25 characters of 0-9a-z (128 random bits written in base 36). */
export function newId(): string {
  let value = BigInt(`0x${randomBytes(16).toString('hex')}`);
  let id = '';
  for (let i = 0; i < ID_LENGTH; i++) {
    id = ALPHABET[Number(value % 36n)] + id;
    value /= 36n;
  }
  return id;
}

/** Whether the text has the form of an id. Anything else must never reach an etcd key or an engine's URL. */
export function isId(text: string): boolean {
  return ID_PATTERN.test(text);
}
