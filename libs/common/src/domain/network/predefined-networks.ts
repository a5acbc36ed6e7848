/** A network that every engine has by itself. Its name serves as its id, so that specs read the same on every node. */
export interface PredefinedNetwork {
  readonly name: string;
  readonly driver: string;
}

export const PREDEFINED_NETWORKS: readonly PredefinedNetwork[] = [
  { name: 'bridge', driver: 'bridge' },
  { name: 'host', driver: 'host' },
  { name: 'none', driver: 'null' },
];

/** The predefined network of this name, if it is one. */
export function findPredefinedNetwork(name: string): PredefinedNetwork | undefined {
  return PREDEFINED_NETWORKS.find((network) => network.name === name);
}
