import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry that already has the process's own figures: memory, CPU, garbage collection, event-loop delay. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
