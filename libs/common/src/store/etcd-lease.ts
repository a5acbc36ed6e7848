import type { Etcd3 } from 'etcd3';
import { guarded, withDeadline } from '../concurrency';
import { DomainError, isCode } from '../errors';
import { endingAfter } from '../grpc';
import { translated } from './etcd-error';

/** A lease is kept alive many times over its life: better ask again soon than wait long for one answer. */
const RENEWAL_TIMEOUT_MS = 500;

/** A lease: keys put under it vanish when it is not kept alive for its time to live. */
export interface Lease {
  readonly id: string;
  /** One renewal at a time. @throws DomainError NOT_FOUND the lease has expired · UNAVAILABLE · DEADLINE_EXCEEDED */
  keepAlive(): Promise<void>;
  /** Ends the lease and deletes its keys. */
  revoke(): Promise<void>;
}

type LeaseClient = Etcd3['leaseClient'];
type RenewalStream = Awaited<ReturnType<LeaseClient['leaseKeepAlive']>>;

/** Renews over one stream, opened anew after a failure. etcd3 opens one per renewal, which was, with its timers, a tenth of an idle manager's CPU time. */
export class EtcdLease implements Lease {
  private stream: RenewalStream | undefined;
  /** Whoever waits for the answer to the renewal under way. */
  private waiting: { resolve(secondsLeft: number): void; reject(error: unknown): void } | undefined;

  constructor(
    private readonly client: LeaseClient,
    readonly id: string,
    private readonly revokeTimeoutMs: number,
  ) {}

  async keepAlive(): Promise<void> {
    const renewal = (): Promise<number> => withDeadline('etcd lease keepalive', RENEWAL_TIMEOUT_MS, (late) => this.renew(late));
    try {
      const secondsLeft = await translated('lease keepalive', renewal);
      if (secondsLeft <= 0) throw new DomainError('NOT_FOUND', 'etcd lease keepalive: the lease has expired');
    } catch (error) {
      this.hangUp();
      throw error;
    }
  }

  async revoke(): Promise<void> {
    this.hangUp();
    const call = endingAfter(this.revokeTimeoutMs);
    await translated('lease revoke', () => this.client.leaseRevoke({ ID: this.id }, call)).catch((error: unknown) => {
      if (!isCode(error, 'NOT_FOUND')) throw error;
    });
  }

  private async renew(late: AbortSignal): Promise<number> {
    const stream = (this.stream ??= await this.open(late));
    const secondsLeft = new Promise<number>((resolve, reject) => (this.waiting = { resolve, reject }));
    stream.write({ ID: this.id });
    return secondsLeft;
  }

  private async open(late: AbortSignal): Promise<RenewalStream> {
    const stream = await this.client.leaseKeepAlive();
    // Whenever it fails: the next renewal is not to wait on a stream that is dead.
    const fail = (error: unknown): void => {
      if (this.stream !== stream) return;
      this.stream = undefined;
      this.waiting?.reject(error);
    };
    const take = ({ TTL }: { TTL: string }): void => {
      if (this.stream === stream) this.waiting?.resolve(Number(TTL));
    };
    stream.on('data', guarded(take, fail));
    stream.on('error', fail);
    stream.on('end', () => fail(new DomainError('UNAVAILABLE', 'etcd lease keepalive: the server ended the stream')));
    if (late.aborted) stream.cancel();
    late.throwIfAborted();
    return stream;
  }

  private hangUp(): void {
    this.stream?.cancel();
    this.stream = undefined;
  }
}
