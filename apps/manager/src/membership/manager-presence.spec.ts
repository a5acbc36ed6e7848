import { DomainError } from '#common/errors';
import { createLogger } from '#common/logging';
import { ManagerPresence } from '#common/proto';
import type { Write } from '#common/store';
import { eventually } from '#common/testing';
import { announceManager } from './manager-presence';

/** In place of etcd, to lose a lease or refuse a write at a chosen moment. */
class FakeLeases {
  granted = 0;
  renewals = 0;
  readonly written: { lease: string | undefined; addresses: string[] }[] = [];
  failure: DomainError | undefined;

  grantLease = () => {
    const id = String(++this.granted);
    const keepAlive = (): Promise<void> => Promise.resolve(void this.renewals++);
    return Promise.resolve({ id, keepAlive, revoke: () => Promise.resolve() });
  };

  commit = (_: unknown, writes: Write[]): Promise<number> => {
    const { failure } = this;
    this.failure = undefined;
    if (failure) return Promise.reject(failure);
    for (const write of writes)
      if (write.kind === 'put')
        this.written.push({ lease: write.lease, addresses: ManagerPresence.decode(write.value).addresses });
    return Promise.resolve(1);
  };
}

describe('what a manager says of itself', () => {
  let etcd: FakeLeases;
  let addresses: string[];
  let stopping: AbortController;
  let announced: Promise<void>;
  beforeEach(() => {
    etcd = new FakeLeases();
    addresses = ['10.0.0.1:2378'];
    stopping = new AbortController();
    const presence = (): ManagerPresence => ManagerPresence.fromPartial({ id: 'm', addresses });
    const logger = createLogger('test', 'silent');
    announced = announceManager({ etcd, key: 'managers/m', presence, logger }, stopping.signal);
  });
  afterEach(async () => {
    stopping.abort();
    await announced;
  });
  const untilWritten = (count: number): Promise<void> =>
    eventually(() => expect(etcd.written).toHaveLength(count), { reason: `${count} writes` });

  it('is written again under the same lease when it is something else, and only then', async () => {
    await eventually(() => expect(etcd.renewals).toBe(1), { reason: 'the lease is renewed' });
    expect(etcd.written).toHaveLength(1);
    addresses = ['10.0.0.1:2375', '10.0.0.1:2378'];
    await untilWritten(2);
    expect(etcd.written).toEqual([
      { lease: '1', addresses: ['10.0.0.1:2378'] },
      { lease: '1', addresses: ['10.0.0.1:2375', '10.0.0.1:2378'] },
    ]);
  }, 15_000);

  it.each([
    { what: 'under the same lease after a failure', failure: new DomainError('UNAVAILABLE', 'away'), lease: '1' },
    { what: 'under a new lease when that has expired', failure: new DomainError('NOT_FOUND', 'expired'), lease: '2' },
  ])(
    'is written $what',
    async ({ failure, lease }) => {
      await untilWritten(1);
      etcd.failure = failure;
      addresses = ['10.0.0.9:2378'];
      await untilWritten(2);
      expect(etcd.written[1]).toEqual({ lease, addresses });
    },
    15_000,
  );
});
