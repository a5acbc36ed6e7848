/** A node is down after this many heartbeats in a row have not come. */
const MISSED_HEARTBEATS = 3;
/** A node whose manager has died, or whose manager has just started, gets this much more time to find a manager again. */
export const RECONNECT_GRACE_MS = 3_000;

interface Pulse {
  /** Monotonic time until which the node counts as alive. */
  deadline: number;
  engineError: string;
}

/**
 * Who is alive, in memory only. Time is passed in, on a clock that nobody sets.
 * INVARIANT: a node is never called lost for the manager's own lateness: see `tick`.
 */
export class NodeLiveness {
  private readonly pulses = new Map<string, Pulse>();
  private tickedAt: number | undefined;

  constructor(private heartbeatPeriodMs: number) {}

  get periodMs(): number {
    return this.heartbeatPeriodMs;
  }

  /** Heartbeats come at other times from now on. Everybody has at least as much time as a node that has to find its manager again. */
  setPeriod(periodMs: number, now: number): void {
    this.heartbeatPeriodMs = periodMs;
    this.postpone(now);
  }

  /** A heartbeat has come. One with an engine error shows that the agent lives but does not keep the node alive. */
  heard(nodeId: string, engineError: string, now: number): void {
    const known = this.pulses.get(nodeId);
    if (engineError !== '' && known) known.engineError = engineError;
    else this.pulses.set(nodeId, { deadline: now + this.patienceMs, engineError });
  }

  /** Waits for a node that this manager was in charge of before it was restarted. */
  expect(nodeId: string, now: number): void {
    if (!this.pulses.has(nodeId)) {
      this.pulses.set(nodeId, { deadline: now + this.patienceMs + RECONNECT_GRACE_MS, engineError: '' });
    }
  }

  /** Nobody could be called lost just now: everybody has at least as much time from here as a node that has to find its manager again. */
  postpone(now: number): void {
    this.tickedAt = now;
    for (const pulse of this.pulses.values())
      pulse.deadline = Math.max(pulse.deadline, now + this.patienceMs + RECONNECT_GRACE_MS);
  }

  /**
   * The nodes whose time is over, with the reason. Call it about every `everyMs`; when a call is late because this process was
   * paused or starved, everybody's deadline is put off by as much, since their heartbeats were not read either.
   */
  tick(now: number, everyMs: number): { nodeId: string; reason: string }[] {
    const lateMs = this.tickedAt === undefined ? 0 : now - this.tickedAt - everyMs;
    this.tickedAt = now;
    if (lateMs > everyMs) for (const pulse of this.pulses.values()) pulse.deadline += lateMs;
    const lost = [...this.pulses].filter(([, pulse]) => pulse.deadline <= now);
    for (const [nodeId] of lost) this.pulses.delete(nodeId);
    return lost.map(([nodeId, { engineError }]) => ({
      nodeId,
      reason: engineError ? `engine failure: ${engineError}` : 'heartbeat failure',
    }));
  }

  private get patienceMs(): number {
    return this.heartbeatPeriodMs * MISSED_HEARTBEATS;
  }
}
