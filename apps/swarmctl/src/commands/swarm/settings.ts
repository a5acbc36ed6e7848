import { one, type FlagValues } from '../../flags/flag';
import { duration } from '../../flags/values/duration';
import { limit } from '../../flags/values/history-limit';
import { asObject, type JsonObject } from '../../json-values';

/** Settings of a cluster that can be given at its beginning and changed later. */
export const SETTINGS_FLAGS = {
  taskHistoryLimit: one(limit, 'Tasks kept per slot, the present one included; a negative number keeps all', { unset: '5' }),
  dispatcherHeartbeat: one(duration, "Time between an agent's heartbeats; a node is down after 3 missed", { unset: '5s' }),
  certExpiry: one(duration, 'How long certificates of nodes are valid', { unset: '2160h' }),
} as const;

export type SettingsFlags = FlagValues<typeof SETTINGS_FLAGS>;

/** The spec of a cluster with what the flags say. */
export function toSpec(before: JsonObject, { taskHistoryLimit, dispatcherHeartbeat, certExpiry }: SettingsFlags): JsonObject {
  return {
    ...before,
    ...(taskHistoryLimit === undefined
      ? {}
      : { Orchestration: { ...asObject(before.Orchestration), TaskHistoryRetentionLimit: taskHistoryLimit } }),
    ...(dispatcherHeartbeat === undefined
      ? {}
      : { Dispatcher: { ...asObject(before.Dispatcher), HeartbeatPeriod: dispatcherHeartbeat } }),
    ...(certExpiry === undefined ? {} : { CAConfig: { ...asObject(before.CAConfig), NodeCertExpiry: certExpiry } }),
  };
}
