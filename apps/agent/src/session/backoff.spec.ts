import { nextBackoffMs } from './backoff';

it('grows quickly and ends at a second', () => {
  const waits = [0];
  for (let i = 0; i < 5; i++) waits.push(nextBackoffMs(waits.at(-1) ?? 0));
  expect(waits.slice(1)).toEqual([100, 300, 700, 1_000, 1_000]);
});
