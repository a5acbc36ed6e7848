import { createLogger } from '#common/logging';
import { runLeaderLoops, type LeaderLoop } from './leader-loops';
import type { LeaderTerm } from './leader-term';

const logger = createLogger('test', 'silent');

/** Terms that end when told to. */
function aTerm(number: number): { term: LeaderTerm; end(): void } {
  const over = new AbortController();
  const end = (): void => over.abort();
  return { term: { number, signal: over.signal, resign: end } as unknown as LeaderTerm, end };
}

async function* oneAfterTheOther(...terms: LeaderTerm[]): AsyncIterable<LeaderTerm> {
  yield* terms;
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
    const leading = runLeaderLoops(oneAfterTheOther(first.term, second.term), { once: [], loops: [loop] }, logger);
    await jest.advanceTimersByTimeAsync(1_000);
    await leading;
    expect(runs).toEqual([1, 1, 2]);
  });

  it('run again when they return although the term lasts, and those that are done do not', async () => {
    const { term, end } = aTerm(1);
    const runs = { once: 0, loop: 0 };
    const once: LeaderLoop = async () => void runs.once++;
    const loop: LeaderLoop = async () => {
      if (++runs.loop === 3) end();
    };
    const leading = runLeaderLoops(oneAfterTheOther(term), { once: [once], loops: [loop] }, logger);
    await jest.advanceTimersByTimeAsync(2_000);
    await leading;
    expect(runs).toEqual({ once: 1, loop: 3 });
  });

  it('that do nothing but fail make the manager resign, and are run in its next term', async () => {
    const [first, second] = [aTerm(1), aTerm(2)];
    const runs: number[] = [];
    const loop: LeaderLoop = async (term) => {
      runs.push(term.number);
      if (term.number === 1) throw new Error('a record that no one can read');
      second.end();
    };
    const leading = runLeaderLoops(oneAfterTheOther(first.term, second.term), { once: [], loops: [loop] }, logger);
    await jest.advanceTimersByTimeAsync(20_000);
    await leading;
    expect(first.term.signal.aborted).toBe(true);
    expect(runs).toEqual([...Array.from({ length: 20 }, () => 1), 2]);
  });
});
