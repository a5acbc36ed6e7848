/** What a route takes or gives: a schema by name, a list of it, or something that is not JSON of ours. */
export type Content = string | { readonly listOf: string } | { readonly as: string; readonly description: string };

/** One route of the API, as its documentation tells it. Parameters in braces are ids, names, or beginnings of ids. */
export interface DocumentedRoute {
  readonly method: 'get' | 'post' | 'delete' | 'head';
  readonly path: string;
  readonly summary: string;
  /** Name → what it means. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** By status; statuses that every route may have are added. */
  readonly answers: Readonly<Record<number, Content | null>>;
}

const FILTERS = 'Filters, as {"name":["web"]} or {"name":{"web":true}}: values of one name are alternatives';
const VERSION = 'Version.Index of the object that the change is based on';
const STREAM = { as: 'application/vnd.docker.raw-stream', description: 'Frames of Docker’s multiplexed stream' } as const;
const LOG_QUERY = {
  stdout: 'What was written to stdout',
  stderr: 'What was written to stderr; one of both has to be asked for',
  follow: 'Go on as lines come',
  timestamps: 'With the time of each line',
  details: 'With the ids of node, service and task',
  since: 'Seconds since 1970',
  until: 'Seconds since 1970',
  tail: 'So many of the last lines of each task, or all',
};

const SYSTEM: DocumentedRoute[] = [
  {
    method: 'get',
    path: '/_ping',
    summary: 'Whether the manager answers',
    answers: { 200: { as: 'text/plain', description: 'OK' } },
  },
  { method: 'head', path: '/_ping', summary: 'Whether the manager answers', answers: { 200: null } },
  { method: 'get', path: '/version', summary: 'Versions of manager and API', answers: { 200: 'Any' } },
  { method: 'get', path: '/info', summary: "The manager's host, its engine, and the swarm", answers: { 200: 'Any' } },
  { method: 'get', path: '/healthz', summary: 'Whether the process is alive', answers: { 200: 'Any' } },
  { method: 'get', path: '/readyz', summary: 'Whether it can serve', answers: { 200: 'Any' } },
  {
    method: 'get',
    path: '/metrics',
    summary: 'Figures for Prometheus',
    answers: { 200: { as: 'text/plain', description: 'Prometheus’ text format' } },
  },
  { method: 'get', path: '/openapi.json', summary: 'This document', answers: { 200: 'Any' } },
  {
    method: 'get',
    path: '/events',
    summary: "What happens in the cluster and on the manager's host's engine",
    query: {
      since: 'Seconds since 1970',
      until: 'Seconds since 1970',
      filters: `${FILTERS}. Events of tasks come only with type=task`,
    },
    answers: { 200: { as: 'application/json', description: 'One event a line' } },
  },
  {
    method: 'get',
    path: '/distribution/{name}/json',
    summary: 'What the registry says of an image',
    answers: { 200: 'Any', 401: 'Error', 403: 'Error' },
  },
];

const SWARM: DocumentedRoute[] = [
  { method: 'get', path: '/swarm', summary: 'The cluster, with its join tokens', answers: { 200: 'Cluster' } },
  { method: 'post', path: '/swarm/init', summary: 'Make a cluster', body: 'SwarmInitRequest', answers: { 200: 'Text' } },
  {
    method: 'post',
    path: '/swarm/join',
    summary: 'Join a cluster of other hosts',
    body: 'SwarmJoinRequest',
    answers: { 200: null },
  },
  {
    method: 'post',
    path: '/swarm/leave',
    summary: 'End the cluster',
    query: { force: 'Needed on the last manager' },
    answers: { 200: null },
  },
  {
    method: 'post',
    path: '/swarm/update',
    summary: 'Change settings of the cluster',
    query: {
      version: VERSION,
      rotateWorkerToken: 'Make a new token',
      rotateManagerToken: 'Make a new token',
      rotateManagerUnlockKey: 'Make a new key',
    },
    body: 'SwarmSpec',
    answers: { 200: null },
  },
  {
    method: 'get',
    path: '/swarm/unlockkey',
    summary: 'What managers have to be told after a restart; empty while they are not locked',
    answers: { 200: 'Any' },
  },
  { method: 'post', path: '/swarm/unlock', summary: 'Unlock this manager', body: 'SwarmUnlockRequest', answers: { 200: null } },
];

const SERVICES: DocumentedRoute[] = [
  {
    method: 'get',
    path: '/services',
    summary: 'List services',
    query: { filters: `${FILTERS}: id, label, mode, name, runtime`, status: 'With numbers of tasks' },
    answers: { 200: { listOf: 'Service' } },
  },
  {
    method: 'post',
    path: '/services/create',
    summary: 'Create a service',
    body: 'ServiceSpec',
    answers: { 201: 'Created', 409: 'Error' },
  },
  {
    method: 'get',
    path: '/services/{id}',
    summary: 'One service',
    query: { insertDefaults: 'With everything that the spec does not say' },
    answers: { 200: 'Service' },
  },
  {
    method: 'post',
    path: '/services/{id}/update',
    summary: 'Replace the spec, or go back to the previous one',
    query: { version: VERSION, registryAuthFrom: 'spec or previous-spec', rollback: 'previous, or none' },
    body: 'ServiceSpec',
    answers: { 200: 'Any' },
  },
  { method: 'delete', path: '/services/{id}', summary: 'Remove a service and its tasks', answers: { 200: null } },
  { method: 'get', path: '/services/{id}/logs', summary: 'What its tasks wrote', query: LOG_QUERY, answers: { 200: STREAM } },
  {
    method: 'get',
    path: '/services/{id}/history',
    summary: 'Its revisions, newest first',
    answers: { 200: { listOf: 'ServiceRevision' } },
  },
  {
    method: 'post',
    path: '/services/{id}/rollback',
    summary: 'Go back to a revision',
    query: { to: 'Number of the revision' },
    answers: { 200: 'Any' },
  },
  { method: 'post', path: '/services/plan', summary: 'What a create would do', body: 'ServiceSpec', answers: { 200: 'Any' } },
  {
    method: 'post',
    path: '/services/{id}/plan',
    summary: 'What an update would do',
    body: 'ServiceSpec',
    answers: { 200: 'Any' },
  },
  {
    method: 'post',
    path: '/services/{id}/rebalance',
    summary: 'Spread its tasks evenly again',
    query: { maxMoves: 'Most tasks to move', dryRun: 'Only say which' },
    answers: { 200: 'Any' },
  },
];

const TASKS: DocumentedRoute[] = [
  {
    method: 'get',
    path: '/tasks',
    summary: 'List tasks',
    query: { filters: `${FILTERS}: desired-state, id, label, name, node, service, _up-to-date` },
    answers: { 200: { listOf: 'Task' } },
  },
  { method: 'get', path: '/tasks/{id}', summary: 'One task', answers: { 200: 'Task' } },
  { method: 'get', path: '/tasks/{id}/explain', summary: 'Why it is where it is, or nowhere', answers: { 200: 'Any' } },
  { method: 'get', path: '/tasks/{id}/logs', summary: 'What it wrote', query: LOG_QUERY, answers: { 200: STREAM } },
];

const NODES: DocumentedRoute[] = [
  {
    method: 'get',
    path: '/nodes',
    summary: 'List nodes',
    query: { filters: `${FILTERS}: id, label, membership, name, node.label, role` },
    answers: { 200: { listOf: 'Node' } },
  },
  { method: 'get', path: '/nodes/{id}', summary: 'One node', answers: { 200: 'Node' } },
  {
    method: 'post',
    path: '/nodes/{id}/update',
    summary: 'Replace the spec',
    query: { version: VERSION },
    body: 'NodeSpec',
    answers: { 200: null },
  },
  {
    method: 'delete',
    path: '/nodes/{id}',
    summary: 'Remove a node',
    query: { force: 'Even if it is not down' },
    answers: { 200: null },
  },
];

const NETWORKS: DocumentedRoute[] = [
  {
    method: 'get',
    path: '/networks',
    summary: "List networks, those of the manager's host's engine among them",
    query: { filters: `${FILTERS}: dangling, driver, id, label, name, scope, type` },
    answers: { 200: { listOf: 'Any' } },
  },
  {
    method: 'post',
    path: '/networks/create',
    summary: 'Create an overlay network; others are made by the engine',
    body: 'NetworkSpec',
    answers: { 201: 'Any', 403: 'Error', 409: 'Error' },
  },
  { method: 'post', path: '/networks/prune', summary: "Passed to the manager's host's engine", answers: { 200: 'Any' } },
  {
    method: 'get',
    path: '/networks/{id}',
    summary: 'One network',
    query: { scope: 'swarm, or local', verbose: 'With services and tasks' },
    answers: { 200: 'Any' },
  },
  { method: 'delete', path: '/networks/{id}', summary: 'Remove a network', answers: { 204: null, 403: 'Error' } },
  {
    method: 'post',
    path: '/networks/{id}/connect',
    summary: 'Passed to the engine, but for overlay networks',
    answers: { 200: null },
  },
  {
    method: 'post',
    path: '/networks/{id}/disconnect',
    summary: 'Passed to the engine, but for overlay networks',
    answers: { 200: null },
  },
];

function payloads(noun: 'secret' | 'config', object: 'Secret' | 'Config'): DocumentedRoute[] {
  return [
    {
      method: 'get',
      path: `/${noun}s`,
      summary: `List ${noun}s`,
      query: { filters: `${FILTERS}: id, label, name, names` },
      answers: { 200: { listOf: object } },
    },
    {
      method: 'post',
      path: `/${noun}s/create`,
      summary: `Create a ${noun}`,
      body: `${object}Spec`,
      answers: { 201: 'Created', 409: 'Error' },
    },
    { method: 'get', path: `/${noun}s/{id}`, summary: `One ${noun}`, answers: { 200: object } },
    {
      method: 'post',
      path: `/${noun}s/{id}/update`,
      summary: 'Replace the labels',
      query: { version: VERSION },
      body: `${object}Spec`,
      answers: { 200: null },
    },
    {
      method: 'post',
      path: `/${noun}s/{id}/versions`,
      summary: 'Give it a new value, which the services that use it are updated to',
      query: { dryRun: 'Only say what would come of it', except: 'Name of a service to leave as it is; may be repeated' },
      body: `${object}Spec`,
      answers: { 200: 'NewVersion', 201: 'NewVersion' },
    },
    { method: 'delete', path: `/${noun}s/{id}`, summary: `Remove a ${noun} that no service uses`, answers: { 204: null } },
  ];
}

/** Every route that the manager answers itself. */
export const ROUTES: readonly DocumentedRoute[] = [
  ...SYSTEM,
  ...SWARM,
  ...SERVICES,
  ...TASKS,
  ...NODES,
  ...NETWORKS,
  ...payloads('secret', 'Secret'),
  ...payloads('config', 'Config'),
];
