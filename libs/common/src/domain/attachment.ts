import type { Task } from '../proto';

/** The service of what belongs to none. */
export const NO_SERVICE = '';

/**
 * Whether the task is no task of a service, but the place on overlay networks of a container that somebody made with an engine.
 * It runs as long as that container has the place (SwarmKit: network attachment tasks).
 */
export function isAttachment({ spec }: Task): boolean {
  return spec?.networkAttachmentSpec !== undefined;
}
