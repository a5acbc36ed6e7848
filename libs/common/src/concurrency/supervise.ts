import type { Logger } from '../logging';

/** Takes charge of a promise that nobody awaits: its failure is logged instead of ending the process. */
export function supervise(logger: Logger, name: string, promise: Promise<unknown>): void {
  promise.catch((error: unknown) => logger.error({ err: error, work: name }, 'background work failed'));
}
