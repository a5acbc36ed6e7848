import { WakeSignal } from './wake-signal';

it('ends a wait', async () => {
  const news = new WakeSignal();
  const waiting = news.wait();
  news.wake();
  await expect(waiting).resolves.toBeUndefined();
});

it('does not lose news that comes before the wait, and counts any number as one', async () => {
  const news = new WakeSignal();
  news.wake();
  news.wake();
  await news.wait();
  await expect(Promise.race([news.wait(10_000), Promise.resolve('waiting')])).resolves.toBe('waiting');
  news.wake();
});

it('waits no longer than told', async () => expect(new WakeSignal().wait(1)).resolves.toBeUndefined());
