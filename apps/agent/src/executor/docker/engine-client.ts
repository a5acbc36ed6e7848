import type { Agent } from 'node:http';
import Docker from 'dockerode';
import { withDeadline } from '#common/concurrency';
import { isCode } from '#common/errors';
import type { EngineApi } from './engine-api';
import { toDomainError } from './engine-error';
import { ModemAgent } from './modem-agent';

/** Enough that a few slow calls do not hold up the quick ones. */
const MAX_UNARY_SOCKETS = 16;
/** A hundred stops at once leave as many connections behind; one is enough for the next ping. */
const MAX_IDLE_PATIENT_SOCKETS = 1;

/** More than this a timer cannot wait; it would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Those who want to know how calls went. */
export interface CallListener {
  /** The engine did not answer a call. */
  failed(): void;
  /** A call is over: its name, how long it took, and whether it worked. */
  ended(call: string, seconds: number, ok: boolean): void;
}

/**
 * Two connection pools to one engine. `unary` is for calls that answer soon; `patient` is for those that may stay open for long
 * (events, pulls, stops) and for pings, which must never queue behind anything. Time limits are ours: dockerode's own never
 * settles its promise when an answer stops half-way.
 */
export class EngineClient {
  readonly unary: EngineApi;
  readonly patient: EngineApi;
  private readonly agents = [
    new ModemAgent({ keepAlive: true, maxSockets: MAX_UNARY_SOCKETS }),
    new ModemAgent({ keepAlive: true, maxFreeSockets: MAX_IDLE_PATIENT_SOCKETS }),
  ] as const;

  constructor(
    socketPath: string,
    private readonly listener: CallListener,
  ) {
    const [unary, patient] = this.agents;
    this.unary = connect(socketPath, unary);
    this.patient = connect(socketPath, patient);
  }

  /**
   * Runs one call with a deadline in milliseconds.
   * @throws DomainError DEADLINE_EXCEEDED, or what the engine's refusal translates to
   */
  async call<T>(what: string, deadlineMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    let ok = false;
    try {
      const result = await withDeadline(`the engine's answer (${what})`, Math.min(deadlineMs, LONGEST_TIMER_MS), work);
      ok = true;
      return result;
    } catch (cause) {
      const error = toDomainError(what, cause);
      if (isCode(error, 'UNAVAILABLE', 'DEADLINE_EXCEEDED')) this.listener.failed();
      throw error;
    } finally {
      this.listener.ended(what, (performance.now() - startedMs) / 1_000, ok);
    }
  }

  /** Closes idle connections. Calls in progress end by themselves. */
  close(): void {
    for (const agent of this.agents) agent.destroy();
  }
}

function connect(socketPath: string, agent: Agent): EngineApi {
  // The declared options leave `agent` out.
  const options: Docker.DockerOptions & { agent: Agent } = { socketPath, agent };
  return new Docker(options) as unknown as EngineApi;
}
