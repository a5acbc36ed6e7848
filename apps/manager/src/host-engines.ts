import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { guarded } from '#common/concurrency';
import { DomainError, messageOf } from '#common/errors';
import type { Engines } from './api/ports';

/** The engine is on the same host: it accepts at once or is not there. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Ways to the engines of a cluster.
 * @param socketPath of this host's own engine @param toNode connects with the engine of a node
 */
export function hostEngines(socketPath: string, toNode: (nodeId: string) => Promise<Duplex>): Engines {
  return { connect: (place) => (place === 'host' ? connectTo(socketPath) : toNode(place.nodeId)) };
}

function connectTo(path: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    const timer = setTimeout(() => socket.destroy(new Error('it does not accept')), CONNECT_TIMEOUT_MS);
    const fail = (cause: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      const isAbsent = cause.code === 'ENOENT';
      reject(
        isAbsent
          ? new DomainError('UNIMPLEMENTED', `this host has no Docker engine at ${path} (see the manager's --engine)`)
          : new DomainError('UNAVAILABLE', `the Docker engine at ${path} does not answer: ${messageOf(cause)}`, { cause }),
      );
    };
    socket.once('error', fail);
    const connected = (): void => {
      clearTimeout(timer);
      socket.off('error', fail);
      // Whoever has it by then sees that it closes; one that breaks before is nobody's.
      socket.on('error', () => undefined);
      resolve(socket);
    };
    socket.once('connect', guarded(connected, reject));
  });
}
