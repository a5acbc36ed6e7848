import { SharedWork, type Work } from './shared-work';

describe('work that several want at once', () => {
  let shared: SharedWork<string>;
  /** The pieces that were begun; each goes on until a test says otherwise. */
  let pieces: { signal: AbortSignal; tell: (news: string) => void; finish: () => void; fail: (error: Error) => void }[];
  const work: Work<string> = (signal, tell) =>
    new Promise<void>((finish, fail) => {
      pieces.push({ signal, tell, finish, fail });
      signal.addEventListener('abort', () => fail(signal.reason));
    });
  const join = (key = 'a') => {
    const interrupt = new AbortController();
    const told: string[] = [];
    const end = shared.run(key, { signal: interrupt.signal, tell: (news) => told.push(news) }, work).then(
      () => 'done',
      (error: Error) => error.message,
    );
    return { interrupt, told, end };
  };
  const begun = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    shared = new SharedWork();
    pieces = [];
  });

  it('is done once, and all hear of it', async () => {
    const [one, two] = [join(), join()];
    await begun();
    pieces[0]?.tell('half');
    const late = join();
    pieces[0]?.finish();
    expect(await Promise.all([one.end, two.end, late.end])).toEqual(['done', 'done', 'done']);
    expect([one.told, two.told, late.told]).toEqual([['half'], ['half'], ['half']]);
    expect(pieces).toHaveLength(1);
  });

  it('fails for all', async () => {
    const [one, two] = [join(), join()];
    await begun();
    pieces[0]?.fail(new Error('no such image'));
    expect(await Promise.all([one.end, two.end])).toEqual(['no such image', 'no such image']);
  });

  it('goes on for the others when one leaves, and ends with the last', async () => {
    const [one, two] = [join(), join()];
    await begun();
    one.interrupt.abort(new Error('not wanted'));
    expect(await one.end).toBe('not wanted');
    pieces[0]?.tell('half');
    expect([one.told, two.told]).toEqual([[], ['half']]);
    expect(pieces[0]?.signal.aborted).toBe(false);
    two.interrupt.abort(new Error('not wanted either'));
    expect(await two.end).toBe('not wanted either');
    expect(pieces[0]?.signal.aborted).toBe(true);
  });

  it('is begun anew by whoever comes after its end', async () => {
    const one = join();
    await begun();
    one.interrupt.abort();
    await one.end;
    const two = join();
    await begun();
    expect(pieces).toHaveLength(2);
    pieces[1]?.finish();
    expect(await two.end).toBe('done');
  });

  it('is not the work under another key', async () => {
    join('a');
    join('b');
    await begun();
    expect(pieces).toHaveLength(2);
  });

  it('is not joined by one who does not want it any more', async () => {
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(shared.run('a', { signal: gone, tell: () => undefined }, work)).rejects.toThrow('gone');
    await begun();
    expect(pieces).toHaveLength(0);
  });
});
