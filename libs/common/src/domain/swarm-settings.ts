import type { SwarmSpec } from '../proto';
import { DEFAULT_TASK_HISTORY_LIMIT } from './defaults';
import { NANOS_PER_SECOND } from './duration';

/** Docker's own (SwarmKit manager/manager.go, ca/config.go). */
const DEFAULT_NODE_CERT_EXPIRY_NANOS = 90 * 24 * 3_600 * NANOS_PER_SECOND;
const DEFAULT_HEARTBEAT_NANOS = 5 * NANOS_PER_SECOND;
/** SwarmKit ca/config.go MinNodeCertExpiration. */
const MIN_NODE_CERT_EXPIRY_NANOS = 3_600 * NANOS_PER_SECOND;
const EXTERNAL_CA_PROTOCOL = 'cfssl';
const RAFT = {
  snapshotInterval: 10_000,
  keepOldSnapshots: 0,
  logEntriesForSlowFollowers: 500,
  electionTick: 10,
  heartbeatTick: 1,
};

/** The name of every cluster, as in Docker. */
export const CLUSTER_NAME = 'default';

/** The spec with everything that it does not say. */
export function completeSwarmSpec(given: SwarmSpec | undefined): SwarmSpec {
  return {
    name: CLUSTER_NAME,
    labels: given?.labels ?? {},
    orchestration: {
      taskHistoryRetentionLimit: given?.orchestration?.taskHistoryRetentionLimit ?? DEFAULT_TASK_HISTORY_LIMIT,
    },
    raft: {
      snapshotInterval: given?.raft?.snapshotInterval || RAFT.snapshotInterval,
      keepOldSnapshots: given?.raft?.keepOldSnapshots ?? RAFT.keepOldSnapshots,
      logEntriesForSlowFollowers: given?.raft?.logEntriesForSlowFollowers || RAFT.logEntriesForSlowFollowers,
      electionTick: given?.raft?.electionTick || RAFT.electionTick,
      heartbeatTick: given?.raft?.heartbeatTick || RAFT.heartbeatTick,
    },
    dispatcher: { heartbeatPeriod: given?.dispatcher?.heartbeatPeriod || DEFAULT_HEARTBEAT_NANOS },
    caConfig: {
      nodeCertExpiry: given?.caConfig?.nodeCertExpiry || DEFAULT_NODE_CERT_EXPIRY_NANOS,
      externalCas: given?.caConfig?.externalCas ?? [],
      signingCaCert: '',
      signingCaKey: '',
      forceRotate: given?.caConfig?.forceRotate ?? 0,
    },
    taskDefaults: { logDriver: given?.taskDefaults?.logDriver },
    encryptionConfig: { autoLockManagers: given?.encryptionConfig?.autoLockManagers ?? false },
  };
}

/** What is wrong with a spec, in words for people; undefined for nothing. */
export function swarmSpecProblem({ caConfig, dispatcher }: SwarmSpec): string | undefined {
  const expiry = caConfig?.nodeCertExpiry ?? 0;
  if (expiry !== 0 && expiry < MIN_NODE_CERT_EXPIRY_NANOS) return 'minimum certificate expiry time is: 1h0m0s';
  for (const { protocol, url } of caConfig?.externalCas ?? []) {
    if (protocol.toLowerCase() !== EXTERNAL_CA_PROTOCOL) return `invalid protocol: ${JSON.stringify(protocol)}`;
    if (!URL.canParse(url) || new URL(url).protocol !== 'https:') return `invalid URL of an external CA: ${JSON.stringify(url)}`;
  }
  if ((dispatcher?.heartbeatPeriod ?? 0) < 0) return 'heartbeat time period cannot be a negative duration';
  return undefined;
}
