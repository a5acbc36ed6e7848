import type { Version } from '#common/proto';

/** What is to be written as JSON, which leaves keys out whose value is undefined, as Go does for fields marked `omitempty`. */
export type JsonObject = Record<string, unknown>;

/** How Go writes a time that was never set. */
export const ZERO_TIME = '0001-01-01T00:00:00Z';

/** Go leaves the index out of a version that is zero. */
export function versionJson(version: Version | undefined): JsonObject {
  return version?.index ? { Index: version.index } : {};
}

/** The value, or undefined for a list that has nothing in it. */
export function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}
