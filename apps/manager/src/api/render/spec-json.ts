import { Privileges, ServiceSpec, TaskSpec, type UpdateConfig } from '#common/proto';
import type { JsonObject } from './json-parts';

// A float32 needs at most nine significant decimal digits to be told from its neighbours.
const MAX_FLOAT32_DIGITS = 9;

/** Docker's JSON of a service's spec. */
export function specJson(spec: ServiceSpec): JsonObject {
  const { updateConfig, rollbackConfig, taskTemplate } = spec;
  const exact = { ...spec, updateConfig: withShortRatio(updateConfig), rollbackConfig: withShortRatio(rollbackConfig) };
  return {
    Name: spec.name,
    Labels: spec.labels,
    ...(ServiceSpec.toJSON(exact) as JsonObject),
    ...(taskTemplate && { TaskTemplate: templateJson(taskTemplate) }),
  };
}

/** Docker's JSON of a task's copy of its spec, which leaves the runtime out. */
export function taskSpecJson(spec: TaskSpec): JsonObject {
  return templateJson({ ...spec, runtime: '' });
}

function templateJson(spec: TaskSpec): JsonObject {
  const json = TaskSpec.toJSON(spec) as JsonObject;
  const privileges = spec.containerSpec?.privileges;
  if (!privileges) return json;
  return { ...json, ContainerSpec: { ...(json.ContainerSpec as JsonObject), Privileges: privilegesJson(privileges) } };
}

/** Docker writes all fields of these two out, and null for the one that is not there. */
function privilegesJson(privileges: Privileges): JsonObject {
  const { credentialSpec: credentials, seLinuxContext: context } = privileges;
  return {
    ...(Privileges.toJSON(privileges) as JsonObject),
    CredentialSpec: credentials ? { Config: credentials.config, File: credentials.file, Registry: credentials.registry } : null,
    SELinuxContext: context
      ? { Disable: context.disable, User: context.user, Role: context.role, Type: context.type, Level: context.level }
      : null,
  };
}

function withShortRatio(config: UpdateConfig | undefined): UpdateConfig | undefined {
  if (config?.maxFailureRatio === undefined) return config;
  return { ...config, maxFailureRatio: shortestFloat32(config.maxFailureRatio) };
}

/** The number that a client wrote: 0.1, not the 0.10000000149011612 that 32 bits make of it. */
function shortestFloat32(value: number): number {
  const stored = Math.fround(value);
  for (let digits = 1; digits < MAX_FLOAT32_DIGITS; digits++) {
    const candidate = Number(stored.toPrecision(digits));
    if (Math.fround(candidate) === stored) return candidate;
  }
  return stored;
}
