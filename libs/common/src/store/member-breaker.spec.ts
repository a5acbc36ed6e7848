import {
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  GRPCAbortedError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCInternalError,
  GRPCInvalidArgumentError,
  GRPCOutOfRangeError,
  GRPCResourceExhastedError,
  GRPCUnauthenticatedError,
  GRPCUnavailableError,
  GRPCUnknownError,
  isRecoverableError,
} from 'etcd3';
import { MemberBreaker } from './member-breaker';

const fail = (error: Error) => () => Promise.reject(error);
const attempt = (breaker: MemberBreaker, call: () => Promise<unknown>): Promise<unknown> =>
  breaker.execute(call).catch((error: unknown) => error);

async function isOpenAfter(error: Error, times = 10): Promise<boolean> {
  const breaker = new MemberBreaker();
  for (let i = 0; i < times; i++) await attempt(breaker, fail(error));
  return (await attempt(breaker, () => Promise.resolve('reached'))) !== 'reached';
}

describe('the breaker of a member', () => {
  it.each([
    ['no space is left', new GRPCResourceExhastedError('8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded')],
    ['too many requests', new GRPCResourceExhastedError('8 RESOURCE_EXHAUSTED: etcdserver: too many requests')],
    ['a request too large', new GRPCResourceExhastedError('8 RESOURCE_EXHAUSTED: received message larger than max')],
    ['too many operations', new GRPCInvalidArgumentError('3 INVALID_ARGUMENT: etcdserver: too many operations in txn request')],
    [
      'a revision that is gone',
      new GRPCOutOfRangeError('11 OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted'),
    ],
    ['a lease that is gone', new EtcdLeaseInvalidError('7')],
    ['no permission', new EtcdPermissionDeniedError('7 PERMISSION_DENIED: etcdserver: permission denied')],
    ['no credentials', new GRPCUnauthenticatedError('16 UNAUTHENTICATED: etcdserver: invalid auth token')],
    ['no leader', new GRPCUnavailableError('14 UNAVAILABLE: etcdserver: no leader')],
    ['a change of leader', new GRPCUnavailableError('14 UNAVAILABLE: etcdserver: leader changed')],
    ['an abort', new GRPCAbortedError('10 ABORTED')],
    ['a cancelled call', new GRPCCancelledError('1 CANCELLED: Call cancelled')],
    ['an unknown error', new GRPCUnknownError('2 UNKNOWN')],
    ['an error of etcd', new GRPCInternalError('13 INTERNAL: etcdserver: corrupt cluster')],
  ])('stays closed however often the answer is %s, and the channels stay open', async (_, error) => {
    expect(await isOpenAfter(error)).toBe(false);
    expect(isRecoverableError(error)).toBe(false);
  });

  it.each([
    ['a refused connection', new GRPCUnavailableError('14 UNAVAILABLE: No connection established. Last error: ECONNREFUSED')],
    ['a lost connection', new GRPCUnavailableError('14 UNAVAILABLE: Connection dropped')],
    [
      'a connection that broke during the call',
      new GRPCInternalError('13 INTERNAL: Received RST_STREAM with code 2 (ECONNRESET)'),
    ],
    ['silence', new GRPCDeadlineExceededError('4 DEADLINE_EXCEEDED: Deadline exceeded after 1.5s')],
  ])('opens after three times %s, and the channels are made anew', async (_, error) => {
    expect(await isOpenAfter(error, 2)).toBe(false);
    expect(await isOpenAfter(error, 3)).toBe(true);
    expect(isRecoverableError(error)).toBe(true);
  });

  it('stays closed when a slow request is late, but others were answered meanwhile', async () => {
    let now = 0;
    const breaker = new MemberBreaker(() => now);
    const slow = async (): Promise<never> => {
      now += 1_000;
      await breaker.execute(() => Promise.resolve('another one'));
      now += 500;
      throw new GRPCDeadlineExceededError('4 DEADLINE_EXCEEDED');
    };
    for (let i = 0; i < 5; i++) await attempt(breaker, slow);
    expect(await breaker.execute(() => Promise.resolve('reached'))).toBe('reached');
  });

  it('is closed by a refusal among lost connections: the member is back', async () => {
    const breaker = new MemberBreaker();
    const lost = fail(new GRPCUnavailableError('14 UNAVAILABLE: ECONNREFUSED'));
    const refused = fail(new GRPCResourceExhastedError('8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded'));
    for (const call of [lost, lost, refused, lost, lost]) await attempt(breaker, call);
    expect(await attempt(breaker, () => Promise.resolve('reached'))).toBe('reached');
  });
});
