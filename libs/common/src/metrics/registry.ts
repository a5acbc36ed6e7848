import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** The sampling timer wakes an idle process this often; at prom-client's 10 ms it would be the busiest thing in it. */
const EVENT_LOOP_SAMPLING_MS = 250;

/**
 * A registry that already has the process's own figures: memory, CPU, garbage collection, event-loop delay, and errors that nobody has
 * caught, of which there should be none.
 */
export function createRegistry(guard: { readonly uncaughtErrors: number }): Registry {
  const registry = new Registry();
  new Gauge({
    name: 'swarmctl_uncaught_errors',
    help: 'Errors that got past every handler since the process began; each is a fault of the program',
    registers: [registry],
    collect() {
      this.set(guard.uncaughtErrors);
    },
  });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLING_MS });
  return registry;
}
