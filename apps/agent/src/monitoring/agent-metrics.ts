import { Gauge, Histogram, type Registry } from 'prom-client';
import { createRegistry } from '#common/metrics';

const PREFIX = 'swarmctl_agent_';
/** Seconds. A quiet engine answers a question in milliseconds and starts a container in tenths of a second. */
const CALL_BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60];

/** Where the figures come from; asked when somebody reads them. */
export interface MetricSources {
  readonly tasksByState: () => ReadonlyMap<string, number>;
  readonly startsInFlight: () => number;
  readonly isEngineUp: () => boolean;
  readonly isConnected: () => boolean;
}

/** The agent's figures for Prometheus, beside the process's own. */
export class AgentMetrics {
  readonly registry: Registry;
  private readonly calls: Histogram;

  constructor(guard: Parameters<typeof createRegistry>[0], sources: MetricSources) {
    this.registry = createRegistry(guard);
    this.calls = new Histogram({
      name: `${PREFIX}engine_call_seconds`,
      help: 'Duration of calls to the engine',
      labelNames: ['call', 'ok'],
      buckets: CALL_BUCKETS,
      registers: [this.registry],
    });
    this.addTasks(sources.tasksByState);
    this.addGauge('starts_in_flight', 'Containers that are being made or started', sources.startsInFlight);
    this.addGauge('engine_up', 'Whether the engine answers', () => Number(sources.isEngineUp()));
    this.addGauge('connected', 'Whether there is a session with a manager', () => Number(sources.isConnected()));
  }

  observeCall(call: string, seconds: number, ok: boolean): void {
    this.calls.observe({ call, ok: String(ok) }, seconds);
  }

  private addGauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: PREFIX + name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  private addTasks(read: () => ReadonlyMap<string, number>): void {
    new Gauge({
      name: `${PREFIX}tasks`,
      help: 'Tasks of this node by observed state',
      labelNames: ['state'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [state, count] of read()) this.set({ state }, count);
      },
    });
  }
}
