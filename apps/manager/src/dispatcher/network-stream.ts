import { NetworkChanges } from '#common/dispatcher-proto';
import type { MessageSink } from './assignment-stream';
import { NO_PICTURE, toNetworkChanges, type NetworkPicture } from './network-diff';

/**
 * Keeps what one agent knows of networks up to date: first all of it, then what changed. As with assignments, what comes while the
 * peer is slow is merged. INVARIANT: an agent is told of a network before it is told of a task on it.
 */
export class NetworkStream {
  private sent: NetworkPicture = NO_PICTURE;
  private started = false;
  private blocked = false;

  constructor(
    private readonly sink: MessageSink,
    private readonly picture: () => NetworkPicture,
  ) {}

  /** Sends all of it. */
  start(): void {
    this.started = true;
    const next = this.picture();
    const all = toNetworkChanges(NO_PICTURE, next) ?? NetworkChanges.fromPartial({});
    this.send({ ...all, complete: true, controlPlane: next.controlPlane }, next);
  }

  /** Sends what has changed since. */
  update(): void {
    if (!this.started || this.blocked) return;
    const next = this.picture();
    const changes = toNetworkChanges(this.sent, next);
    if (changes) this.send(changes, next);
  }

  private send(networkChanges: NetworkChanges, next: NetworkPicture): void {
    this.sent = next;
    if (this.sink.write({ networkChanges })) return;
    this.blocked = true;
    this.sink.onDrain(() => {
      this.blocked = false;
      this.update();
    });
  }
}
