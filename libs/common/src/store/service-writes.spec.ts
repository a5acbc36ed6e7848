import { Service, ServiceRevision, SpecChange_Kind } from '../proto';
import type { Write } from './object-store';
import {
  deletionsOfRevisions,
  MAX_SPEC_BYTES,
  writesOfService,
  writesOfWantedService,
  type ServiceRecord,
} from './service-writes';

const record = (image: string, replicas = 1): ServiceRecord => {
  const spec = { name: 'web', mode: { replicated: { replicas } }, taskTemplate: { containerSpec: { image } } };
  return Service.fromPartial({ id: 's1', updatedAt: '2026-01-01T00:00:00Z', spec, change: { kind: SpecChange_Kind.update } });
};
const CREATED = { kind: SpecChange_Kind.create, message: '' };
const serviceOf = (writes: Write[]): Service =>
  Service.decode((writes.find((write) => write.kind === 'put' && write.key === 'services/s1') as { value: Uint8Array }).value);
const numberOf = (writes: Write[]): number | undefined => serviceOf(writes).newestRevision?.number;
const keptBy = (writes: Write[]): ServiceRevision[] =>
  writes.flatMap((write) =>
    write.kind === 'put' && write.key.startsWith('service-revisions/') ? [ServiceRevision.decode(write.value)] : [],
  );
const revisionsOf = (writes: Write[]): number[] => keptBy(writes).map(({ number }) => number);
const deleted = (writes: Write[]): string[] => writes.flatMap((write) => (write.kind === 'delete' ? [write.key] : []));

describe('the largest spec', () => {
  it("leaves room in etcd's request when another of its size takes its place", () => {
    const first = serviceOf(writesOfService(record('x'.repeat(MAX_SPEC_BYTES - 100)), undefined));
    const next = { ...record('y'.repeat(MAX_SPEC_BYTES - 100)), previousSpec: first.spec };
    const bytes = writesOfService(next, first).reduce((sum, write) => sum + (write.kind === 'put' ? write.value.length : 0), 0);
    const etcdLimit = 1.5 * 1024 * 1024;
    const credentials = 100 * 1024;
    expect(bytes).toBeLessThan(etcdLimit - credentials);
  });

  it('is refused when it is larger, unless it is stored already and comes back by a rollback', () => {
    const larger = record('x'.repeat(MAX_SPEC_BYTES));
    expect(() => writesOfWantedService(larger, undefined)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
    expect(writesOfWantedService(record('x'), serviceOf(writesOfService(larger, undefined)))).toHaveLength(2);
    expect(writesOfService(larger, undefined)).toHaveLength(1);
  });
});

describe('the revisions of a service', () => {
  it('count from one, and on with each change of the spec, which keeps the one before', () => {
    const first = writesOfService(record('busybox:1'), undefined);
    expect([numberOf(first), revisionsOf(first)]).toEqual([1, []]);
    const second = writesOfService(record('busybox:2'), serviceOf(first));
    expect([numberOf(second), revisionsOf(second)]).toEqual([2, [1]]);
  });

  it('are not added to by a change of the replicas alone, which amends the newest', () => {
    const first = serviceOf(writesOfService(record('busybox:1', 1), undefined));
    const scaled = writesOfService({ ...record('busybox:1', 5), updatedAt: '2026-01-02T00:00:00Z' }, first);
    expect([numberOf(scaled), revisionsOf(scaled)]).toEqual([1, []]);
    expect(serviceOf(scaled).newestRevision?.createdAt).toBe('2026-01-01T00:00:00Z');
  });

  it('keep the time and the cause of the change that made them, however often the service is scaled', () => {
    let service = serviceOf(writesOfService({ ...record('busybox:1', 1), change: CREATED }, undefined));
    for (const day of [2, 3, 4]) {
      service = serviceOf(writesOfService({ ...record('busybox:1', day), updatedAt: `2026-01-0${day}T00:00:00Z` }, service));
    }
    const [kept] = keptBy(writesOfService(record('busybox:2'), service));
    expect(kept).toMatchObject({ createdAt: '2026-01-01T00:00:00Z', change: CREATED });
    expect(kept?.spec?.mode?.replicated?.replicas).toBe(4);
  });

  it('are ten at most: the eleventh removes the first', () => {
    let service: Service | undefined;
    const removed: string[] = [];
    for (let image = 1; image <= 11; image++) {
      const writes = writesOfService(record(`busybox:${image}`), service);
      removed.push(...deleted(writes));
      service = serviceOf(writes);
    }
    expect(removed).toEqual(['service-revisions/s1/1']);
  });

  it.each([
    { revision: 1, left: [1] },
    { revision: 2, left: [1, 2] },
    { revision: 12, left: [3, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
  ])('go with the service: of $revision, $left.length are left', ({ revision, left }) => {
    const gone = deleted(deletionsOfRevisions(Service.fromPartial({ id: 's1', newestRevision: { number: revision } })));
    expect(gone).toEqual(left.map((number) => `service-revisions/s1/${number}`));
  });
});
