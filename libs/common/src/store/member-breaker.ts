import { ConsecutiveBreaker, circuitBreaker, handleAll, type IDefaultPolicyContext, type IPolicy } from 'cockatiel';
import { GRPCDeadlineExceededError, GRPCInternalError, GRPCUnavailableError, RecoverableError } from 'etcd3';
import { monotonicMs } from '../concurrency';
import { messageOf } from '../errors';
import { monotonicPause } from './monotonic-pause';

/** etcd3's own breaker waits 5 s, longer than a failover should take. */
const HALF_OPEN_MS = 500;
const FAILURES = 3;
/** How every error begins that etcd itself has answered with. */
const ANSWER_OF_ETCD = 'etcdserver:';
/** How grpc-js words a connection that broke in the middle of a call. */
const BROKEN_STREAM = /RST_STREAM|ECONN|EPIPE|socket|connection/i;

/**
 * Leaves out a member of etcd that cannot be reached, for a moment after each three failures in a row. Only a lost connection is a
 * failure. A member that refuses a request (no space left, too large, not permitted, no leader) is there, and so is one that is late
 * with one request while it answers others: neither may stand in the way of the next call, or of watches and leases.
 */
export class MemberBreaker implements IPolicy<IDefaultPolicyContext> {
  declare readonly _altReturn: never;
  private answeredAt = Number.NEGATIVE_INFINITY;
  private readonly breaker = circuitBreaker(handleAll, {
    halfOpenAfter: monotonicPause(HALF_OPEN_MS),
    breaker: new ConsecutiveBreaker(FAILURES),
  });
  readonly onSuccess = this.breaker.onSuccess;
  readonly onFailure = this.breaker.onFailure;

  constructor(private readonly now: () => number = monotonicMs) {}

  async execute<T>(call: (context: IDefaultPolicyContext) => PromiseLike<T> | T, signal?: AbortSignal): Promise<T> {
    const outcome = await this.breaker.execute((context) => this.outcomeOf(() => call(context)), signal);
    if ('refusal' in outcome) throw outcome.refusal;
    return outcome.answer;
  }

  /** A refusal is an answer: it ends a row of failures. @throws what was thrown, when the connection is lost */
  private async outcomeOf<T>(call: () => PromiseLike<T> | T): Promise<{ answer: T } | { refusal: unknown }> {
    const begunAt = this.now();
    try {
      const answer = await call();
      this.answeredAt = this.now();
      return { answer };
    } catch (error) {
      if (this.isLost(error, begunAt)) throw error;
      unmark(error);
      return { refusal: error };
    }
  }

  private isLost(error: unknown, begunAt: number): boolean {
    if (error instanceof GRPCDeadlineExceededError) return this.answeredAt < begunAt;
    if (messageOf(error).includes(ANSWER_OF_ETCD)) this.answeredAt = this.now();
    return isLostConnection(error);
  }
}

function isLostConnection(error: unknown): boolean {
  const text = messageOf(error);
  if (text.includes(ANSWER_OF_ETCD)) return false;
  return error instanceof GRPCUnavailableError || (error instanceof GRPCInternalError && BROKEN_STREAM.test(text));
}

/** etcd3 marks errors by which it closes all of a host's channels: a watch or a call on its way would be lost to another's refusal. */
function unmark(error: unknown): void {
  if (typeof error === 'object' && error !== null) delete (error as { [RecoverableError]?: boolean })[RecoverableError];
}
