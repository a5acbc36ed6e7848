import type { Service } from '#common/proto';
import { DomainError } from '#common/errors';
import type { PayloadAnswer } from '../api/payload-api';
import type { ManagerApi } from '../manager-api';
import type { NetworkAnswer } from '../network-answer';
import type { ConvertContext } from './convert/context';
import type { Named, StackObjects } from './convert/objects';
import { NAMESPACE_LABEL } from './names';

/** What is in the cluster, of any stack, and which services are of this one. */
export interface ClusterState {
  readonly networks: readonly NetworkAnswer[];
  readonly secrets: readonly PayloadAnswer[];
  readonly configs: readonly PayloadAnswer[];
  readonly services: readonly Service[];
}

/** What belongs to one stack. */
export type StackState = ClusterState;

/** Filter for what belongs to a stack. */
export function ofStack(stack: string): { readonly label: readonly string[] } {
  return { label: [`${NAMESPACE_LABEL}=${stack}`] };
}

const objectsOf = <T>(fetched: readonly { readonly object: T }[]): T[] => fetched.map(({ object }) => object);

/** Reads everything that a stack may name. */
export async function readCluster(api: ManagerApi, stack: string): Promise<ClusterState> {
  const [networks, secrets, configs, services] = await Promise.all([
    api.networks({}),
    api.secrets.list({}),
    api.configs.list({}),
    api.services(ofStack(stack)),
  ]);
  return {
    networks: objectsOf(networks),
    secrets: objectsOf(secrets),
    configs: objectsOf(configs),
    services: objectsOf(services),
  };
}

/** Of what is in the cluster, what belongs to a stack. */
export function stackIn(cluster: ClusterState, stack: string): StackState {
  const isOurs = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean =>
    labels[NAMESPACE_LABEL] === stack;
  return {
    networks: cluster.networks.filter(isOurs),
    secrets: cluster.secrets.filter(isOurs),
    configs: cluster.configs.filter(isOurs),
    services: cluster.services,
  };
}

interface WithName {
  readonly id: string;
  readonly name: string;
}

/** Ids by name; what is not there yet, which only a dry run meets, stands for itself. */
export function idsIn({ networks, secrets, configs }: ClusterState): ConvertContext['ids'] {
  const lookup = (objects: readonly WithName[]): ((name: string) => string) => {
    const ids = new Map(objects.map(({ id, name }) => [name, id]));
    return (name) => ids.get(name) ?? name;
  };
  return { network: lookup(networks), secret: lookup(secrets), config: lookup(configs) };
}

/** @throws DomainError NOT_FOUND for what the stack needs and does not bring itself */
export function requireExternals({ external }: StackObjects, cluster: ClusterState): void {
  for (const section of ['networks', 'secrets', 'configs'] as const) {
    const there: readonly WithName[] = cluster[section];
    const missing = external[section].find(({ name }: Named) => !there.some((object) => object.name === name));
    if (!missing) continue;
    const noun = section.slice(0, -1);
    throw new DomainError(
      'NOT_FOUND',
      `${noun} ${missing.name} is external, and not there: create it first with swarmctl ${noun} create`,
    );
  }
}
