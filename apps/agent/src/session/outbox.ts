import { guarded } from '#common/concurrency';
import type { AgentMessage, Heartbeat, Hello, HelloProof, TaskObservation } from '#common/dispatcher-proto';
import type { NodeDescription } from '#common/proto';

/** Writes one message; calls back when the transport has taken it, with an error if it could not. */
export type Write = (message: AgentMessage, written: (error?: Error | null) => void) => void;

/** Where the statuses that are to be sent come from. */
export interface StatusSource {
  /** What is unsent, newest only, as far as it fits into one message. */
  take(): TaskObservation[];
  /** Whether there is more. */
  readonly hasUnsent: boolean;
}

/**
 * The agent's side of a session. While one message is on its way, whatever comes is kept in its newest form only; so a slow
 * manager costs neither memory nor stale news, and an idle line delays nothing.
 * INVARIANT: at most one message is being written.
 */
export class Outbox {
  private writing = false;
  private scheduled = false;
  private hasStatuses = false;
  private hello: Hello | undefined;
  private proof: HelloProof | undefined;
  private heartbeat: Heartbeat | undefined;
  private description: NodeDescription | undefined;

  /** @param failed ends the session: what could not be said is said anew in the next one */
  constructor(
    private readonly write: Write,
    private readonly statuses: StatusSource,
    private readonly failed: (error: Error) => void,
  ) {}

  /** First of all, once. */
  sendHello(hello: Hello): void {
    this.hello = hello;
    this.flushSoon();
  }

  /** Next, when the manager asks for it. */
  sendProof(proof: HelloProof): void {
    this.proof = proof;
    this.flushSoon();
  }

  sendHeartbeat(heartbeat: Heartbeat): void {
    this.heartbeat = heartbeat;
    this.flushSoon();
  }

  sendDescription(description: NodeDescription): void {
    this.description = description;
    this.flushSoon();
  }

  /** There are statuses to take. */
  sendStatuses(): void {
    this.hasStatuses = true;
    this.flushSoon();
  }

  /** After the present turn of the event loop, so that what happens in one turn travels in one message. */
  private flushSoon(): void {
    if (this.scheduled || this.writing) return;
    this.scheduled = true;
    setImmediate(
      guarded(() => {
        this.scheduled = false;
        this.flush();
      }, this.failed),
    );
  }

  private flush(): void {
    if (this.writing) return;
    const message = this.nextMessage();
    if (!message) return;
    this.writing = true;
    const written = (error?: Error | null): void => {
      this.writing = false;
      // A broken stream ends the session, and the next one sends everything again.
      if (!error) this.flush();
    };
    this.write(message, guarded(written, this.failed));
  }

  private nextMessage(): AgentMessage | undefined {
    const { hello, proof, heartbeat, description } = this;
    if (hello) {
      this.hello = undefined;
      return { hello };
    }
    if (proof) {
      this.proof = undefined;
      return { proof };
    }
    if (heartbeat) {
      this.heartbeat = undefined;
      return { heartbeat };
    }
    if (description) {
      this.description = undefined;
      return { description };
    }
    if (!this.hasStatuses) return undefined;
    this.hasStatuses = false;
    const observations = this.statuses.take();
    this.hasStatuses = this.statuses.hasUnsent;
    return observations.length > 0 ? { statuses: { observations } } : undefined;
  }
}
