/** protobuf's enums are numbers of 32 bits. */
const MIN = -(2 ** 31);
const MAX = 2 ** 31 - 1;

// The generated code calls these for every value of an enum that it has no name for: one that a newer program of ours has. The value
// stays what it is, a number, though its type says otherwise: whoever acts on it takes it by `domain/unknown-values.ts`.

/**
 * The value of a message's field for a number, or a name, that is not known.
 * @throws Error for what is neither
 */
export function keptEnum<E extends string>(value: unknown, name: string): E {
  if (isNumber(value) || typeof value === 'string') return value as E;
  throw new Error(`Unrecognized enum value ${JSON.stringify(value)} for enum ${name}`);
}

/** What JSON shows of a value that is not known: the number, or the name as another program wrote it. */
export function shownEnum(value: string | number, name: string): string | number {
  return keptEnum(value, name);
}

/**
 * What is written of a value that is not known: the number that was read.
 * @throws Error for a name, of which nobody knows the number
 */
export function writtenEnum(value: string | number, name: string): number {
  if (isNumber(value)) return value;
  throw new Error(`Unrecognized enum value ${JSON.stringify(value)} for enum ${name}`);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= MIN && value <= MAX;
}
