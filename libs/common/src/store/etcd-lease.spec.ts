import { EventEmitter } from 'node:events';
import type { Etcd3 } from 'etcd3';
import { EtcdLease } from './etcd-lease';

/** A stream of which a test decides what becomes of it; a real etcd breaks none at a chosen moment. */
class FakeRenewalStream extends EventEmitter {
  constructor(private readonly ttl: string | undefined) {
    super();
  }

  write(): void {
    if (this.ttl !== undefined) this.emit('data', { TTL: this.ttl });
  }

  cancel(): void {
    this.emit('error', new Error('CANCELLED'));
  }
}

/** A lease whose streams answer with these times to live, in this order; undefined for one that says nothing. */
function aLease(ttls: (string | undefined)[]): { lease: EtcdLease; opened: FakeRenewalStream[] } {
  const opened: FakeRenewalStream[] = [];
  const leaseKeepAlive = (): Promise<FakeRenewalStream> => {
    const stream = new FakeRenewalStream(ttls[opened.length]);
    opened.push(stream);
    return Promise.resolve(stream);
  };
  return { lease: new EtcdLease({ leaseKeepAlive } as unknown as Etcd3['leaseClient'], '7', 1_000), opened };
}

describe('a lease', () => {
  it('is renewed over one stream', async () => {
    const { lease, opened } = aLease(['2']);
    for (let i = 0; i < 3; i++) await lease.keepAlive();
    expect(opened).toHaveLength(1);
  });

  it.each(['error', 'end'])('is renewed over another stream when the first one had broken in between: %s', async (event) => {
    const { lease, opened } = aLease(['2', '2']);
    await lease.keepAlive();
    opened[0]?.emit(event, new Error('UNAVAILABLE'));
    await lease.keepAlive();
    expect(opened).toHaveLength(2);
  });

  it('is renewed over another stream when the first one gave no answer', async () => {
    const { lease } = aLease([undefined, '2']);
    await expect(lease.keepAlive()).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await lease.keepAlive();
  });

  it('that etcd does not know any more cannot be renewed', async () => {
    const { lease } = aLease(['0']);
    await expect(lease.keepAlive()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
