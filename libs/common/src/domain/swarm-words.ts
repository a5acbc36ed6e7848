/** Docker's words about being part of a swarm; its clients look for them. */
export const ALREADY_IN_SWARM =
  'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.';
export const NOT_IN_SWARM = 'This node is not part of a swarm';
export const SWARM_LOCKED =
  'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.';

/** Ours: Docker's managers have one key for all, and never come without it. */
export const KEYS_DO_NOT_FIT =
  "this manager takes no part in its cluster: its sealing keys are not the cluster's. Copy sealing-keys.json from the data directory of a manager that serves to this one's";

/** Docker passes on what SwarmKit answers over gRPC with this in front; clients match on such texts. @param grpcCode as Go writes it */
export function inSwarmKitsWords(grpcCode: string, text: string): string {
  return `rpc error: code = ${grpcCode} desc = ${text}`;
}
