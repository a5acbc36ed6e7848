import { createServer } from 'node:net';
import { eventually } from '#common/testing';

type Release = () => Promise<void>;

/**
 * Does some work while no other program of this machine does any under the same name.
 * @throws Error when the lock is not to be had within `timeoutMs`; whatever the work throws
 */
export async function withMachineLock<T>(name: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const attempt = async () => (await tryLock(name)) ?? false;
  const release = await eventually(attempt, { timeoutMs, reason: `no other program holds the lock "${name}"` });
  try {
    return await work();
  } finally {
    await release();
  }
}

/**
 * Takes the lock if nobody has it. It is the name of an abstract unix socket: the kernel gives it to one taker only, and
 * takes it back when that ends in whatever way.
 */
function tryLock(name: string): Promise<Release | undefined> {
  const server = createServer().unref();
  const release = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(`\0${name}`, () => resolve(release));
  });
}
