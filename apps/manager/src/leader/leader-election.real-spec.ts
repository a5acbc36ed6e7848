import { createLogger } from '#common/logging';
import { LeaderRecord } from '#common/proto';
import { ClusterStore, EtcdStore, keys, type Write } from '#common/store';
import { eventually, PrivateEtcd } from '#common/testing';
import { watchLeadership } from './leader-election';
import type { LeaderTerm } from './leader-term';

const logger = createLogger('test', 'silent');
const someWrite = (): Write => ({ kind: 'put', key: keys.serviceName('fenced'), value: Buffer.from('x') });

/** A manager as far as elections are concerned. */
class Candidate {
  readonly terms: LeaderTerm[] = [];
  private readonly etcd: EtcdStore;
  private readonly store: ClusterStore;
  private readonly stopping = new AbortController();
  private readonly work: Promise<void>[];

  constructor(url: string, managerId: string) {
    this.etcd = new EtcdStore({ hosts: [url], prefix: '/election/' });
    this.store = new ClusterStore(this.etcd, logger);
    this.work = [this.store.run(this.stopping.signal), this.stand(managerId)];
  }

  get term(): LeaderTerm | undefined {
    return this.terms.find((term) => !term.signal.aborted);
  }

  async leave(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.work);
    this.etcd.close();
  }

  private async stand(managerId: string): Promise<void> {
    const { etcd, store } = this;
    for await (const term of watchLeadership({ etcd, store, managerId, logger }, this.stopping.signal)) {
      this.terms.push(term);
      await new Promise((resolve) => term.signal.addEventListener('abort', resolve, { once: true }));
    }
  }
}

describe('election over a real etcd', () => {
  let etcd: PrivateEtcd;
  const candidates: Candidate[] = [];
  const join = (id: string): Candidate => {
    const candidate = new Candidate(etcd.url, id);
    candidates.push(candidate);
    return candidate;
  };
  const leaders = (): Candidate[] => candidates.filter(({ term }) => term !== undefined);
  const untilOneLeads = (): Promise<Candidate> =>
    eventually(() => (leaders().length === 1 ? (leaders()[0] as Candidate) : false), { reason: 'exactly one leads' });

  beforeEach(async () => {
    etcd = await PrivateEtcd.start();
  });
  afterEach(async () => {
    await etcd.signal('SIGCONT');
    await Promise.all(candidates.splice(0).map((candidate) => candidate.leave()));
    await etcd.stop();
  });

  it('has one winner among three, and another at once when that one leaves', async () => {
    for (const id of ['a', 'b', 'c']) join(id);
    const first = await untilOneLeads();
    const firstTerm = first.term?.number ?? 0;
    candidates.splice(candidates.indexOf(first), 1);
    await first.leave();
    const second = await untilOneLeads();
    expect(second.term?.number).toBeGreaterThan(firstTerm);
  }, 20_000);

  it('ends the term before the lease can run out when etcd freezes, and nothing of the old term is accepted afterwards', async () => {
    const leader = join('a');
    await untilOneLeads();
    const old = leader.term as LeaderTerm;
    await etcd.signal('SIGSTOP');
    const frozenAt = performance.now();
    await eventually(() => old.signal.aborted, { reason: 'the term ends' });
    expect(performance.now() - frozenAt).toBeLessThan(3_000);
    await etcd.signal('SIGCONT');
    await untilOneLeads();
    await expect(old.commit([], [someWrite()])).rejects.toMatchObject({ code: 'ABORTED' });
    await leader.term?.commit([], [someWrite()]);
  }, 20_000);

  it('lets a manager that was killed lead again without waiting for its own old lease', async () => {
    const killed = new EtcdStore({ hosts: [etcd.url], prefix: '/election/' });
    const lease = await killed.grantLease(60);
    const record = LeaderRecord.encode({ managerId: 'a', electedAt: '' }).finish();
    await killed.commit([], [{ kind: 'put', key: keys.leader, value: record, lease: lease.id }]);
    killed.close();
    join('a');
    await untilOneLeads();
  }, 20_000);
});
