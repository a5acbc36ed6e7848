/** Where a request goes. */
export type EngineRoute =
  /** Answered here. */
  | { readonly to: 'manager' }
  /** About one container, which may be a task's on any node. */
  | { readonly to: 'container'; readonly name: string }
  /** About a process that was made in a container. */
  | { readonly to: 'exec'; readonly id: string }
  /** Everything else is the manager's host's own. */
  | { readonly to: 'host' };

const MANAGER: EngineRoute = { to: 'manager' };
const HOST: EngineRoute = { to: 'host' };

/** First words of paths that are about the swarm, or about the manager. Networks are of both kinds, and told apart there. */
const OWN: ReadonlySet<string> = new Set([
  '',
  '_ping',
  'configs',
  'distribution',
  'events',
  'healthz',
  'info',
  'metrics',
  'networks',
  'nodes',
  'openapi.json',
  'plans',
  'readyz',
  'secrets',
  'services',
  'swarm',
  'tasks',
  'version',
]);

/** Not names of containers. */
const CONTAINER_LISTS: ReadonlySet<string> = new Set(['json', 'create', 'prune']);

/** Where a request goes, told by its canonical path (request-target.ts) without the version. */
export function routeOf(url: string): EngineRoute {
  const [path = ''] = url.split('?', 1);
  const [, kind = '', name = ''] = path.split('/');
  if (OWN.has(kind)) return MANAGER;
  if (kind === 'containers' && name !== '' && !CONTAINER_LISTS.has(name))
    return { to: 'container', name: decodeURIComponent(name) };
  if (kind === 'exec' && name !== '') return { to: 'exec', id: decodeURIComponent(name) };
  return HOST;
}

/** Requests that Docker answers by handing over the connection: to attach, to run a command, and for builds. */
const TAKEOVERS: Readonly<Record<string, RegExp>> = {
  POST: /^\/(?:containers\/[^/]+\/attach|exec\/[^/]+\/start|session|grpc)$/,
  GET: /^\/containers\/[^/]+\/attach\/ws$/,
};

/** Whether a request may get its connection for itself. @param url path and query without the version */
export function mayTakeOver(method: string | undefined, url: string): boolean {
  return TAKEOVERS[method ?? '']?.test(url.split('?', 1)[0] ?? '') ?? false;
}
