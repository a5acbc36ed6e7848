/**
 * A handler for an emitter, a server or a timer. What it throws, or what its promise rejects with, goes to `failed` and no further: one
 * packet or request that goes wrong is that one's loss, while an exception that leaves a handler would be the whole process's.
 *
 * @param failed ends what the handler served (destroys the socket, rejects the promise) or logs; must not throw
 */
export function guarded<A extends unknown[]>(
  handler: (...args: A) => unknown,
  failed: (error: Error, ...args: A) => void,
): (...args: A) => void {
  return (...args) => {
    try {
      const result = handler(...args);
      if (result instanceof Promise) result.catch((error: unknown) => failed(asError(error), ...args));
    } catch (error) {
      failed(asError(error), ...args);
    }
  };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
