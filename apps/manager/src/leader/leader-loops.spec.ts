import { createLogger } from '#common/logging';
import { runLeaderLoops, type LeaderLoop } from './leader-loops';
import type { LeaderTerm } from './leader-term';

const logger = createLogger('test', 'silent');

/** Terms that end when told to. */
function aTerm(number: number): { term: LeaderTerm; end(): void } {
  const over = new AbortController();
  return { term: { number, signal: over.signal } as unknown as LeaderTerm, end: () => over.abort() };
}

describe('the loops of a leader', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('run again when they fail, and in the next term too', async () => {
    const runs: number[] = [];
    const [first, second] = [aTerm(1), aTerm(2)];
    const loop: LeaderLoop = (term) => {
      runs.push(term.number);
      if (runs.length === 1) return Promise.reject(new Error('etcd was away for a moment'));
      if (runs.length === 3) second.end();
      if (runs.length === 2) first.end();
      return Promise.resolve();
    };
    async function* terms(): AsyncIterable<LeaderTerm> {
      yield* [first.term, second.term];
    }
    const leading = runLeaderLoops(terms(), [loop], logger);
    await jest.advanceTimersByTimeAsync(1_000);
    await leading;
    expect(runs).toEqual([1, 1, 2]);
  });
});
