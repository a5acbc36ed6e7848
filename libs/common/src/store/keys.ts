/** Where objects live in etcd, relative to the cluster's prefix. docs/architecture.md says who writes each. */
export const keys = {
  cluster: 'cluster',
  leader: 'leader',
  manager: (id: string) => `managers/${id}`,
  /** A manager that waits for the unlock key: it serves nobody, but the cluster is not to end without it. Not part of the view. */
  lockedManager: (id: string) => `locked-managers/${id}`,
  service: (id: string) => `services/${id}`,
  /** Makes service names unique: its value is the id of the service that owns the name. */
  serviceName: (name: string) => `service-names/${name}`,
  serviceUpdate: (id: string) => `service-update/${id}`,
  /** What the service was like before, one key per revision; not part of the view. */
  serviceRevisions: (id: string) => `service-revisions/${id}/`,
  serviceRevision: (id: string, number: number) => `service-revisions/${id}/${number}`,
  serviceRebalance: (id: string) => `service-rebalance/${id}`,
  registryCredentials: (serviceId: string) => `registry-credentials/${serviceId}`,
  task: (id: string) => `tasks/${id}`,
  taskStatus: (id: string) => `task-status/${id}`,
  node: (id: string) => `nodes/${id}`,
  nodeStatus: (id: string) => `node-status/${id}`,
  removedNode: (id: string) => `removed-nodes/${id}`,
  network: (id: string) => `networks/${id}`,
  /** Makes network names unique: its value is the id of the network that owns the name. */
  networkName: (name: string) => `network-names/${name}`,
  secret: (id: string) => `secrets/${id}`,
  /** Makes names of secrets unique: its value is the id of the secret that owns the name. */
  secretName: (name: string) => `secret-names/${name}`,
  config: (id: string) => `configs/${id}`,
  configName: (name: string) => `config-names/${name}`,
  /** Where the history was last cut off by a manager; not part of the view. */
  compacted: 'compacted',
  networkClaims: 'network-claims',
  /** Virtual addresses of a service. */
  serviceEndpoint: (id: string) => `service-endpoint/${id}`,
  /** Makes published ports unique over the cluster. */
  publishedPort: (protocol: string, port: number) => `published-ports/${protocol}/${port}`,
} as const;

/** Splits a key into its collection and id; a key without a slash is a collection of one. */
export function parseKey(key: string): { collection: string; id: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { collection: key, id: '' } : { collection: key.slice(0, slash), id: key.slice(slash + 1) };
}
