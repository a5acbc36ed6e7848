/** Version of the engine's API, as 1.41, in a form that compares: 41. All engines speak 1.x. */
export type ApiMinor = number;

/** Debian 12's 20.10: the oldest engine that is supported, and what is assumed of one that does not say. */
export const OLDEST_API: ApiMinor = 41;

export function parseApiVersion(text: string | undefined): ApiMinor {
  const minor = Number(/^1\.(\d+)$/.exec(text ?? '')?.[1]);
  return Number.isInteger(minor) ? minor : OLDEST_API;
}
