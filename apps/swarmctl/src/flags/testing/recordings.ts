import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Changes } from './changes';

/** One docker command line and what came of it: what it sent, or the first line of its refusal. */
export interface Recording {
  name: string;
  /** Name of the spec that the service had before; update only. */
  base?: string;
  /** Everything after `docker service create --detach` or `docker service update --detach`. */
  args: string[];
  /** Files in the working folder. */
  files?: Record<string, string>;
  /** API version of the manager that was recorded against, when a flag needs more than 1.41. */
  api?: string;
  /** We refuse what docker sends: the manager would refuse it, or it would silently do nothing. */
  stricter?: boolean;
  /** What create sent. */
  spec?: unknown;
  /** How what update sent differs from the base. */
  changes?: Changes;
  /** Query string of the request, without its leading question mark. */
  query?: string;
  refused?: string;
}

/** A file of recordings. */
export interface Recordings {
  bases: Record<string, unknown>;
  cases: Recording[];
}

/** The verbs that are recorded, and which lists docker sends in an order of chance. */
export const UNORDERED_LISTS = {
  create: ['GenericResources', 'Ports'],
  update: ['GenericResources', 'Ports', 'Env'],
} as const;

export type RecordedVerb = keyof typeof UNORDERED_LISTS;

/** The environment variables that every case was recorded with. */
export const RECORDED_ENVIRONMENT = { FROM_SHELL: 'shell value' } as const;

/** What the recordings call the folder that docker ran in. */
export const RECORDED_FOLDER = '/recorded';

/** Digest that the recording manager's registry knows for every image with `pinned` in its name. */
export const PINNED_DIGEST = `sha256:${'a'.repeat(64)}`;

/** Where the recordings of a verb are kept. */
export function recordingsPath(verb: RecordedVerb, folder: string = __dirname): string {
  return join(folder, `${verb}-recordings.json`);
}

/** Reads the recordings of a verb. */
export function readRecordings(verb: RecordedVerb, folder?: string): Recordings {
  return JSON.parse(readFileSync(recordingsPath(verb, folder), 'utf8')) as Recordings;
}
