import { guarded } from '#common/concurrency';
import { Assignments_Type, type ManagerMessage, type Payloads, type RegistryAuth } from '#common/dispatcher-proto';
import type { SealedValue, Task } from '#common/proto';
import { toAssignmentDiff, type SentTasks } from './assignment-diff';
import { toCredentialsDiff, type SentCredentials } from './pull-credentials';

/** The sending half of an agent's stream, as far as assignments are concerned. */
export interface MessageSink {
  /** False when the peer is slow: nothing more until `onDrain`. */
  write(message: ManagerMessage): boolean;
  onDrain(callback: () => void): void;
  /** What was to be said could not be: the peer is to begin anew. */
  failed(error: Error): void;
}

/** What an agent is to have. */
export interface AssignmentSource {
  tasks(): Task[];
  credentials(serviceId: string): SealedValue | undefined;
  /** The service's credentials as they were before they were sealed; empty when that cannot be had. */
  open(serviceId: string, sealed: SealedValue): Buffer;
  /** What these tasks get as files, so far as it is still to be sent. */
  payloads(tasks: readonly Task[]): Payloads | undefined;
}

/**
 * Keeps one agent's set of tasks up to date: first COMPLETE, then INCREMENTAL. Changes that come while the peer is slow are merged:
 * what is sent is always the difference between what it has and what it should have now.
 */
export class AssignmentStream {
  private sent: SentTasks = new Map();
  private sentCredentials: SentCredentials = new Map();
  private sequence = 0;
  private started = false;
  private blocked = false;
  private scheduled = false;

  constructor(
    private readonly sink: MessageSink,
    private readonly source: AssignmentSource,
  ) {}

  /** Sends the whole set; changes before that need no message of their own. */
  start(): void {
    this.started = true;
    this.send(Assignments_Type.COMPLETE);
  }

  /** Something about the node's tasks may have changed. Several calls in one turn of the event loop make one message. */
  touch(): void {
    if (!this.started || this.scheduled || this.blocked) return;
    this.scheduled = true;
    const send = (): void => {
      this.scheduled = false;
      this.send(Assignments_Type.INCREMENTAL);
    };
    setImmediate(guarded(send, (error) => this.sink.failed(error)));
  }

  private send(type: Assignments_Type): void {
    const tasks = this.source.tasks();
    const { update, remove, sent } = toAssignmentDiff(this.sent, tasks);
    const registryAuth = this.registryAuth(tasks, update);
    if (type === Assignments_Type.INCREMENTAL && update.length === 0 && remove.length === 0 && !registryAuth) return;
    this.sent = sent;
    const appliesTo = this.sequence;
    this.sequence++;
    const payloads = this.source.payloads(update);
    const message = { assignments: { type, appliesTo, resultsIn: this.sequence, update, remove, registryAuth, payloads } };
    if (this.sink.write(message)) return;
    this.blocked = true;
    this.sink.onDrain(() => {
      this.blocked = false;
      this.touch();
    });
  }

  private registryAuth(tasks: Task[], update: Task[]): RegistryAuth | undefined {
    const { send, sent } = toCredentialsDiff(this.sentCredentials, tasks, update, (id) => this.source.credentials(id));
    this.sentCredentials = sent;
    if (send.size === 0) return undefined;
    // No bytes say that there are none any more.
    const opened = [...send].map(([id, sealed]): [string, Buffer] => [
      id,
      sealed ? this.source.open(id, sealed) : Buffer.alloc(0),
    ]);
    return { byService: Object.fromEntries(opened) };
  }
}
