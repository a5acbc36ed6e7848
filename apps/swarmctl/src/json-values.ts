import { DomainError } from '#common/errors';

/** An object of JSON, of which nothing is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one where it is none. */
export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** @throws DomainError INTERNAL the value is no list */
export function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw new DomainError('INTERNAL', 'the manager answered something that is not a list');
}

/** The value as text; an empty one where it is none. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The value as a number; zero where it is none. */
export function asNumber(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
