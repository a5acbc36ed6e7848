import fc from 'fast-check';
import { DomainError, isCode } from '../errors';
import { eventually } from '../testing';
import { GroupCommit } from './group-commit';
import { operationsOf, widthOf, type Commit, type Guard, type ObjectStore, type Revision, type Write } from './object-store';

const put = (key: string, value = ''): Write => ({ kind: 'put', key, value: Buffer.from(value) });
/** So that nothing is sent because the machine was busy. */
const PATIENT = { slowMs: 60_000, gatherMs: 500 };
const is = (key: string, modRevision: Revision): Guard => ({ key, modRevision });

/** A store whose requests are answered when the test says so. Guards of one request are looked at before anything is written. */
class SlowStore implements Pick<ObjectStore, 'commit' | 'commitAll' | 'maxOperations'> {
  maxOperations = 128;
  revision: Revision = 0;
  readonly revisions = new Map<string, Revision>();
  readonly requests: (readonly Commit[])[] = [];
  failure: DomainError | undefined;
  private readonly answers: (() => void)[] = [];

  async commit(guards: Guard[], writes: Write[]): Promise<Revision> {
    const [outcome] = await this.take([{ guards, writes }]);
    if (typeof outcome === 'number') return outcome;
    throw outcome as DomainError;
  }

  commitAll(commits: readonly Commit[]): Promise<(Revision | DomainError)[]> {
    return this.take(commits);
  }

  /** Answers the request that has waited longest. */
  answer(): boolean {
    const next = this.answers.shift();
    next?.();
    return next !== undefined;
  }

  private async take(commits: readonly Commit[]): Promise<(Revision | DomainError)[]> {
    const operations = commits.length === 1 ? Math.max(...commits.map(widthOf)) : operationsOf(commits);
    if (operations > this.maxOperations) throw new DomainError('UNAVAILABLE', `${operations} operations are too many`);
    this.requests.push(commits);
    await new Promise<void>((resolve) => this.answers.push(resolve));
    if (this.failure) throw this.failure;
    const holds = commits.map(({ guards }) =>
      guards.every((guard) => 'modRevision' in guard && (this.revisions.get(guard.key) ?? 0) === guard.modRevision),
    );
    if (holds.includes(true)) this.revision += 1;
    commits.forEach(({ writes }, index) => {
      if (holds[index]) for (const { key } of writes) this.revisions.set(key, this.revision);
    });
    return holds.map((isHeld) => (isHeld ? this.revision : new DomainError('ABORTED', 'a guard failed')));
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Answers requests, the oldest first, until these commits have had their answers. */
async function answered<T>(store: SlowStore, commits: readonly Promise<T>[]): Promise<T[]> {
  let isOver = false;
  const all = Promise.all(commits).finally(() => (isOver = true));
  while (!isOver) {
    store.answer();
    await settled();
  }
  return all;
}

const sizes = (store: SlowStore): number[] => store.requests.map((commits) => commits.length);

it('sends what comes in one turn together, and what comes meanwhile with the next', async () => {
  const store = new SlowStore();
  const group = new GroupCommit(store as unknown as ObjectStore, { ...PATIENT, gatherMs: 4 });
  const commits = ['a', 'b'].map((key) => group.commit([], [put(key)]));
  await settled();
  commits.push(...['c', 'd', 'e', 'f'].map((key) => group.commit([], [put(key)])));
  await settled();
  expect(sizes(store)).toEqual([2]);
  expect(await answered(store, commits)).toEqual([1, 1, 2, 2, 2, 2]);
  expect(sizes(store)).toEqual([2, 4]);
});

it('waits after a group for as many as came together', async () => {
  const store = new SlowStore();
  const group = new GroupCommit(store as unknown as ObjectStore, PATIENT);
  const commit = (key: string): Promise<Revision> => group.commit([], [put(key)]);
  await answered(store, ['a', 'b', 'c'].map(commit));
  const first = commit('d');
  await settled();
  const second = commit('e');
  await settled();
  const third = commit('f');
  await answered(store, [first, second, third]);
  expect(sizes(store)).toEqual([3, 3]);
});

it('does not wait long for those who do not come again, nor for anybody after a lone commit', async () => {
  const store = new SlowStore();
  const group = new GroupCommit(store as unknown as ObjectStore);
  const commit = (key: string): Promise<Revision> => group.commit([], [put(key)]);
  await answered(store, ['a', 'b', 'c'].map(commit));
  await answered(store, [commit('d')]);
  const lone = commit('e');
  await settled();
  expect(sizes(store)).toEqual([3, 1, 1]);
  const other = commit('f');
  store.answer();
  await settled();
  expect(sizes(store)).toEqual([3, 1, 1, 1]);
  await answered(store, [lone, other]);
});

it('does not wait for more than a request takes', async () => {
  const store = new SlowStore();
  store.maxOperations = 8;
  const group = new GroupCommit(store as unknown as ObjectStore, PATIENT);
  const commits = ['a', 'b', 'c'].map((key) => group.commit([], [put(key)]));
  await settled();
  commits.push(...Array.from({ length: 9 }, (_, index) => group.commit([], [put(`k${index}`)])));
  store.answer();
  await settled();
  expect(sizes(store)).toEqual([3, 7]);
  await answered(store, commits);
});

it('does not wait when some did not fit into the group before', async () => {
  const store = new SlowStore();
  const group = new GroupCommit(store as unknown as ObjectStore);
  const commits = ['x', 'x', 'y'].map((key) => group.commit([], [put(key)]));
  await settled();
  store.answer();
  await settled();
  expect(sizes(store)).toEqual([1, 2]);
  await answered(store, commits);
});

it('sends the others when a request takes long', async () => {
  const store = new SlowStore();
  const group = new GroupCommit(store as unknown as ObjectStore);
  const slow = group.commit([], [put('a')]);
  await settled();
  const other = group.commit([], [put('b')]);
  await eventually(() => sizes(store).length === 2, { reason: 'the second request' });
  expect(await answered(store, [slow, other])).toEqual([1, 2]);
});

it('tells each commit of its own fate', async () => {
  const store = new SlowStore();
  const group = new GroupCommit(store as unknown as ObjectStore);
  const good = group.commit([is('c', 0)], [put('c')]);
  const bad = group.commit([is('d', 7)], [put('d')]);
  const outcome = bad.catch((error: unknown) => error);
  expect(await answered<unknown>(store, [good, outcome])).toEqual([1, expect.objectContaining({ code: 'ABORTED' })]);
  expect(sizes(store)).toEqual([2]);
});

it.each<[string, Commit, Commit]>([
  ['write the same', { guards: [], writes: [put('x')] }, { guards: [], writes: [put('x')] }],
  ['one looks at what the other writes', { guards: [], writes: [put('x')] }, { guards: [is('x', 0)], writes: [put('y')] }],
  ['one writes what the other looks at', { guards: [is('x', 0)], writes: [put('y')] }, { guards: [], writes: [put('x')] }],
])('keeps commits apart of which %s', async (_, one, other) => {
  const store = new SlowStore();
  const group = new GroupCommit(store as unknown as ObjectStore);
  const all = [one, other].map(({ guards, writes }) => group.commit(guards, writes).catch(() => 0));
  await answered(store, all);
  expect(sizes(store)).toEqual([1, 1]);
});

it('tells all commits of a request that failed, and goes on', async () => {
  const store = new SlowStore();
  const group = new GroupCommit(store as unknown as ObjectStore);
  store.failure = new DomainError('UNAVAILABLE', 'etcd is away');
  const fates = ['a', 'b', 'c', 'd'].map((key) => group.commit([], [put(key)]).catch((error: unknown) => error));
  expect((await answered<unknown>(store, fates)).every((error) => isCode(error, 'UNAVAILABLE'))).toBe(true);
  store.failure = undefined;
  expect(await answered(store, [group.commit([], [put('e')])])).toEqual([1]);
});

it('sends no more at once than the store takes, however large the commits are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 30 }), async (widths) => {
      const store = new SlowStore();
      store.maxOperations = 8;
      const group = new GroupCommit(store as unknown as ObjectStore);
      const all = widths.map((width, index) =>
        group.commit(
          [],
          Array.from({ length: width }, (__, each) => put(`k${index}.${each}`)),
        ),
      );
      expect(await answered(store, all)).toHaveLength(widths.length);
    }),
  );
});

it('gives of any commits those through that would go through one after the other', async () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const commit = fc.record({ guarded: fc.option(key, { nil: undefined }), written: key });
  await fc.assert(
    fc.asyncProperty(fc.array(commit, { maxLength: 20 }), async (commits) => {
      const store = new SlowStore();
      const group = new GroupCommit(store as unknown as ObjectStore);
      // Each wants the key as it was in the beginning: of those that look at a key, none goes through once it was written.
      const fates = commits.map(({ guarded, written }) =>
        group.commit(guarded === undefined ? [] : [is(guarded, 0)], [put(written)]).then(
          () => true,
          () => false,
        ),
      );
      const went = await answered(store, fates);
      const written = new Set<string>();
      const wanted = commits.map((one) => {
        const goes = one.guarded === undefined || !written.has(one.guarded);
        if (goes) written.add(one.written);
        return goes;
      });
      expect(went).toEqual(wanted);
    }),
  );
});

it('a commit that is to be made even while etcd is full goes as a transaction within one, which etcd does not refuse', async () => {
  const ways: string[] = [];
  const store = {
    maxOperations: 128,
    commit: () => (ways.push('commit'), Promise.resolve(1)),
    commitAll: (commits: readonly Commit[]) => (ways.push('commitAll'), Promise.resolve(commits.map(() => 1))),
  } as unknown as ObjectStore;
  const commits = new GroupCommit(store);
  await commits.commit([], [put('a')]);
  await commits.commit([], [put('a')], { evenWhenFull: true });
  expect(ways).toEqual(['commit', 'commitAll']);
});
