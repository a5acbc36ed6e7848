import { WorkQueue } from './work-queue';

const forever = new AbortController().signal;

describe('the work queue', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  it('hands a key out once, however often it was added', async () => {
    const queue = new WorkQueue();
    for (const key of ['a', 'b', 'a']) queue.add(key);
    expect(await queue.take(10, forever)).toEqual(['a', 'b']);
    expect(queue.depth).toBe(0);
  });

  it('hands a key out again that was added while it was worked on', async () => {
    const queue = new WorkQueue();
    queue.add('a');
    await queue.take(1, forever);
    queue.add('a');
    expect(await queue.take(1, forever)).toEqual(['a']);
  });

  it('wakes a taker that waits, with all that comes in one turn, and after those who are told in it', async () => {
    const queue = new WorkQueue();
    const order: string[] = [];
    const taken = queue.take(10, forever).then((keys) => order.push(`taken ${keys.join()}`));
    queue.add('a');
    await Promise.resolve().then(() => order.push('told'));
    queue.add('b');
    await taken;
    expect(order).toEqual(['told', 'taken a,b']);
  });

  it('gives nothing once the signal aborts', async () => {
    const queue = new WorkQueue();
    const stop = new AbortController();
    const taken = queue.take(1, stop.signal);
    stop.abort();
    expect(await taken).toEqual([]);
  });

  it('keeps the earlier of two times for a key', async () => {
    const queue = new WorkQueue();
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 100);
    queue.addAfter('a', 5_000);
    jest.advanceTimersByTime(101);
    expect(queue.depth).toBe(1);
    await queue.take(1, forever);
    jest.advanceTimersByTime(10_000);
    expect(queue.depth).toBe(0);
  });

  it('does not wake up all the time for a key that is due in a month', () => {
    const queue = new WorkQueue();
    queue.addAfter('a', 30 * 86_400_000);
    jest.advanceTimersByTime(1_000);
    expect(jest.getTimerCount()).toBe(1);
    expect(queue.depth).toBe(0);
    jest.advanceTimersByTime(30 * 86_400_000);
    expect(queue.depth).toBe(1);
  });

  it('releases several keys each at its own time', () => {
    const queue = new WorkQueue();
    queue.addAfter('late', 300);
    queue.addAfter('early', 100);
    jest.advanceTimersByTime(150);
    expect(queue.depth).toBe(1);
    jest.advanceTimersByTime(200);
    expect(queue.depth).toBe(2);
  });

  it('waits longer after each failure in a row, and not after a success', async () => {
    const queue = new WorkQueue();
    const waitedMs = async (): Promise<number> => {
      let ms = 0;
      for (; queue.depth === 0; ms += 10) jest.advanceTimersByTime(10);
      await queue.take(1, forever);
      return ms;
    };
    const waits: number[] = [];
    for (let failure = 0; failure < 4; failure++) {
      queue.addAfterFailure('a');
      waits.push(await waitedMs());
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits[3]).toBeGreaterThan((waits[0] ?? 0) * 4);
    queue.succeeded('a');
    queue.addAfterFailure('a');
    expect(await waitedMs()).toBeLessThanOrEqual(waits[0] ?? 0);
  });
});
