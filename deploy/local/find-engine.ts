import { answers } from '../../test/lab/engine';
import { UnixHttp } from '../../test/lab/unix-http';

const USUAL_SOCKET = '/var/run/docker.sock';
const UNIX_SCHEME = 'unix://';

/**
 * The socket of the Docker engine that this machine has: the one DOCKER_HOST names, if that is a unix socket, else the
 * usual one. `undefined` when no engine answers there.
 */
export async function findRunningEngine(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const socket = env.DOCKER_HOST?.startsWith(UNIX_SCHEME) ? env.DOCKER_HOST.slice(UNIX_SCHEME.length) : USUAL_SOCKET;
  const isUp = await answers(new UnixHttp(socket)).catch(() => false);
  return isUp ? socket : undefined;
}
