import { Assignments_Type, type ManagerMessage } from '#common/dispatcher-proto';
import type { Task } from '#common/proto';
import { toAssignmentDiff, type SentTasks } from './assignment-diff';

/** The sending half of an agent's stream, as far as assignments are concerned. */
export interface MessageSink {
  /** False when the peer is slow: nothing more until `onDrain`. */
  write(message: ManagerMessage): boolean;
  onDrain(callback: () => void): void;
}

/**
 * Keeps one agent's set of tasks up to date: first COMPLETE, then INCREMENTAL. Changes that come while the peer is slow are merged:
 * what is sent is always the difference between what it has and what it should have now.
 */
export class AssignmentStream {
  private sent: SentTasks = new Map();
  private sequence = 0;
  private started = false;
  private blocked = false;
  private scheduled = false;

  constructor(
    private readonly sink: MessageSink,
    private readonly tasks: () => Task[],
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
    setImmediate(() => {
      this.scheduled = false;
      this.send(Assignments_Type.INCREMENTAL);
    });
  }

  private send(type: Assignments_Type): void {
    const { update, remove, sent } = toAssignmentDiff(this.sent, this.tasks());
    if (type === Assignments_Type.INCREMENTAL && update.length === 0 && remove.length === 0) return;
    this.sent = sent;
    const appliesTo = this.sequence;
    this.sequence++;
    const message = { assignments: { type, appliesTo, resultsIn: this.sequence, update, remove } };
    if (this.sink.write(message)) return;
    this.blocked = true;
    this.sink.onDrain(() => {
      this.blocked = false;
      this.touch();
    });
  }
}
