import { NODE_LABEL } from '../../apps/agent/src/executor/docker/labels';
import { answers } from '../../test/lab/engine';
import type { UnixHttp } from '../../test/lab/unix-http';

interface Identified {
  readonly Id: string;
}

interface NamedNetwork extends Identified {
  readonly Name: string;
}

/** Networks that every engine has and none lets go of. */
const BUILT_IN_NETWORKS = new Set(['bridge', 'host', 'none']);
// Containers are killed, not asked; the time goes into the engine's own clean-up, a container after the other.
const REMOVE_TIMEOUT_MS = 60_000;
const AT_ONCE = 8;

/**
 * Removes from an engine that is not ours the containers of these nodes' tasks; named volumes, which hold people's data,
 * stay. Does nothing when no engine answers.
 */
export async function removeTaskContainers(engine: UnixHttp, nodeIds: readonly string[]): Promise<void> {
  for (const nodeId of nodeIds) await removeContainers(engine, { label: [`${NODE_LABEL}=${nodeId}`] });
}

/**
 * Removes all containers and networks from an engine of our own in the machine's network, where a network is a bridge
 * that would outlive the engine. Does nothing when no engine answers.
 */
export async function emptyEngine(engine: UnixHttp): Promise<void> {
  await removeContainers(engine, {});
  if (!(await isUp(engine))) return;
  const networks = await engine.json<NamedNetwork[]>({ path: '/networks' });
  const own = networks.filter(({ Name }) => !BUILT_IN_NETWORKS.has(Name));
  for (const { Id } of own) await remove(engine, `/networks/${Id}`);
}

async function removeContainers(engine: UnixHttp, filters: Record<string, string[]>): Promise<void> {
  if (!(await isUp(engine))) return;
  const query = new URLSearchParams({ all: '1', filters: JSON.stringify(filters) });
  const left = await engine.json<Identified[]>({ path: `/containers/json?${query.toString()}` });
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await remove(engine, `/containers/${next.Id}?force=1&v=1`);
  });
  await Promise.all(workers);
}

async function remove(engine: UnixHttp, path: string): Promise<void> {
  const { status, text } = await engine.send({ method: 'DELETE', path, timeoutMs: REMOVE_TIMEOUT_MS });
  // 404 and 409: somebody else has removed it, or is just doing so.
  if (status >= 400 && status !== 404 && status !== 409)
    throw new Error(`DELETE ${path} on ${engine.socketPath} answered ${status}: ${text.trim()}`);
}

function isUp(engine: UnixHttp): Promise<boolean> {
  return answers(engine).catch(() => false);
}
