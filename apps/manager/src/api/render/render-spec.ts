import { ServiceSpec, TaskSpec, type UpdateConfig } from '#common/proto';
import type { JsonObject } from './json-parts';

// A float32 needs at most nine significant decimal digits to be told from its neighbours.
const MAX_FLOAT32_DIGITS = 9;

/** Docker's JSON of a service's spec. */
export function specJson(spec: ServiceSpec): JsonObject {
  const exact = { ...spec, updateConfig: withShortRatio(spec.updateConfig), rollbackConfig: withShortRatio(spec.rollbackConfig) };
  return { Name: spec.name, Labels: spec.labels, ...(ServiceSpec.toJSON(exact) as JsonObject) };
}

/** Docker's JSON of a task's copy of its spec, which leaves the runtime out. */
export function taskSpecJson(spec: TaskSpec): JsonObject {
  return TaskSpec.toJSON({ ...spec, runtime: '' }) as JsonObject;
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
