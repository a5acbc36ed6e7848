import { many, one, toggle, type FlagValues } from '../../flags/flag';
import { duration } from '../../flags/values/duration';
import { externalCa } from '../../flags/values/external-ca';
import { limit } from '../../flags/values/history-limit';
import { asObject, type JsonObject } from '../../json-values';

/** Settings of a cluster that can be given at its beginning and changed later. */
export const SETTINGS_FLAGS = {
  taskHistoryLimit: one(limit, 'Tasks kept per slot, the present one included; a negative number keeps all', { unset: '5' }),
  dispatcherHeartbeat: one(duration, "Time between an agent's heartbeats; a node is down after 3 missed", { unset: '5s' }),
  certExpiry: one(duration, 'How long certificates of nodes are valid', { unset: '2160h' }),
  externalCa: many(externalCa, 'Authority that signs certificates of nodes, in place of those that were named before'),
  autolock: toggle('Lock the managers: each has to be told a key after its restart'),
} as const;

export type SettingsFlags = FlagValues<typeof SETTINGS_FLAGS>;

/** The spec of a cluster with what the flags say. */
export function toSpec(before: JsonObject, flags: SettingsFlags): JsonObject {
  const { taskHistoryLimit, dispatcherHeartbeat, certExpiry, externalCa: authorities, autolock } = flags;
  const ca = {
    ...(certExpiry === undefined ? {} : { NodeCertExpiry: certExpiry }),
    ...(authorities === undefined
      ? {}
      : { ExternalCAs: authorities.map(({ protocol, url }) => ({ Protocol: protocol, URL: url })) }),
  };
  return {
    ...before,
    ...(taskHistoryLimit === undefined
      ? {}
      : { Orchestration: { ...asObject(before.Orchestration), TaskHistoryRetentionLimit: taskHistoryLimit } }),
    ...(dispatcherHeartbeat === undefined
      ? {}
      : { Dispatcher: { ...asObject(before.Dispatcher), HeartbeatPeriod: dispatcherHeartbeat } }),
    ...(Object.keys(ca).length === 0 ? {} : { CAConfig: { ...asObject(before.CAConfig), ...ca } }),
    ...(autolock === undefined ? {} : { EncryptionConfig: { AutoLockManagers: autolock } }),
  };
}
