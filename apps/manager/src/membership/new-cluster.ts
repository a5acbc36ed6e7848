import { randomBytes } from 'node:crypto';
import { completeSwarmSpec, defaultGateway, INGRESS_NETWORK, nextSubnet, type SubnetPool } from '#common/domain';
import { newId } from '#common/identity';
import { Cluster, ClusterSecrets, NetworkSpec, type SwarmSpec } from '#common/proto';
import { creationOfNetwork, keys, type ClusterView, type Guard, type Vault, type Write } from '#common/store';
import { newJoinSecret } from './join-token';
import type { RootCa } from './root-ca';
import { newUnlockKey } from './unlock-key';

const SECRET_BYTES = 16;

/** What a new cluster is to be like. */
export interface ClusterWishes {
  readonly spec: SwarmSpec | undefined;
  readonly pool: SubnetPool;
  readonly root: RootCa;
}

/**
 * Writes that make a cluster, with the network that carries connections to published ports. The guard fails when somebody has made or
 * left one meanwhile.
 */
export function creationOfCluster(
  view: ClusterView,
  vault: Vault,
  { spec, pool, root }: ClusterWishes,
): { cluster: Cluster; guards: Guard[]; writes: Write[] } {
  const now = new Date();
  const unlockKey = unlockKeyFor(spec, '');
  const secrets = { workerSecret: newSecret(), managerSecret: newSecret(), rootKey: root.key, unlockKey };
  const cluster = Cluster.fromPartial({
    id: newId(),
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
    spec: completeSwarmSpec(spec),
    defaultAddrPool: [...pool.bases],
    subnetSize: pool.prefix,
    rootCertificate: root.certificate,
    sealedSecrets: sealSecrets(secrets, vault),
    endedIds: [...view.endedClusters()],
  });
  const ingress = creationOfNetwork(view, { id: newId(), createdAt: now.toISOString(), spec: ingressSpec(view, pool) });
  const revision = view.clusterRevision();
  const unchanged: Guard =
    revision === 0 ? { key: keys.cluster, createRevision: 0 } : { key: keys.cluster, modRevision: revision };
  return {
    cluster,
    guards: [unchanged, ...ingress.guards],
    writes: [{ kind: 'put', key: keys.cluster, value: Cluster.encode(cluster).finish() }, ...ingress.writes],
  };
}

/** What managers of a cluster with this spec lock their keys with. @param known what they have been locked with; empty for nothing */
export function unlockKeyFor(spec: SwarmSpec | undefined, known: string): string {
  return spec?.encryptionConfig?.autoLockManagers ? known || newUnlockKey() : '';
}

/** A new last part of a join token. */
export function newSecret(): string {
  return newJoinSecret(randomBytes(SECRET_BYTES));
}

export function sealSecrets(secrets: ClusterSecrets, vault: Vault): Cluster['sealedSecrets'] {
  return vault.seal(ClusterSecrets.encode(secrets).finish(), keys.cluster);
}

/** @throws DomainError FAILED_PRECONDITION as Vault.unseal */
export function openSecrets({ sealedSecrets }: Cluster, vault: Vault): ClusterSecrets {
  return sealedSecrets ? ClusterSecrets.decode(vault.unseal(sealedSecrets, keys.cluster)) : ClusterSecrets.fromPartial({});
}

function ingressSpec(view: ClusterView, pool: SubnetPool): NetworkSpec {
  const hosts = view.managers().map(({ agentAddress }) => agentAddress.replace(/:\d+$/, ''));
  const subnet = nextSubnet(pool, hosts) ?? '';
  return NetworkSpec.fromPartial({
    name: INGRESS_NETWORK,
    driver: 'overlay',
    scope: 'swarm',
    ingress: true,
    ipam: { driver: 'default', config: [{ subnet, gateway: defaultGateway(subnet) ?? '' }] },
  });
}
