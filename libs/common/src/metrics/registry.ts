import { collectDefaultMetrics, Registry } from 'prom-client';

/** The sampling timer wakes an idle process this often; at prom-client's 10 ms it would be the busiest thing in it. */
const EVENT_LOOP_SAMPLING_MS = 250;

/** A registry that already has the process's own figures: memory, CPU, garbage collection, event-loop delay. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLING_MS });
  return registry;
}
