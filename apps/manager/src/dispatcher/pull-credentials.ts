import type { SealedValue, Task } from '#common/proto';
import { isStillToBeMade } from './assignment-diff';

/** The credentials that an agent has been sent, by service; undefined for a service that has none. */
export type SentCredentials = ReadonlyMap<string, SealedValue | undefined>;

/** Credentials to send along with tasks. */
export interface CredentialsDiff {
  /** By service; undefined where what was sent before is void. */
  readonly send: ReadonlyMap<string, SealedValue | undefined>;
  readonly sent: SentCredentials;
}

/**
 * What an agent must be told so that it can pull the images of its tasks, and no more: credentials of services of which it still
 * has a task to prepare. They come with the task, since the agent forgets them when it has pulled, and again when they change.
 * @param tasks all tasks of the node @param updated those that are sent now
 */
export function toCredentialsDiff(
  sent: SentCredentials,
  tasks: readonly Task[],
  updated: readonly Task[],
  credentialsOf: (serviceId: string) => SealedValue | undefined,
): CredentialsDiff {
  const now = new Map(servicesToPull(tasks).map((serviceId) => [serviceId, credentialsOf(serviceId)]));
  const isNew = new Set(servicesToPull(updated));
  const send = [...now].filter(([serviceId, credentials]) => {
    const hasChanged = sent.get(serviceId) !== credentials;
    return hasChanged || (credentials !== undefined && isNew.has(serviceId));
  });
  return { send: new Map(send), sent: now };
}

function servicesToPull(tasks: readonly Task[]): string[] {
  return [...new Set(tasks.filter(isStillToBeMade).map(({ serviceId }) => serviceId))];
}
