import { restartBackoffMs } from './restart-backoff';

it.each([
  [0, 1_000],
  [1, 1_000],
  [2, 2_000],
  [3, 4_000],
  [9, 256_000],
  [10, 300_000],
  [1_000_000, 300_000],
])('after %i failures in a row a restart waits %i ms', (failures, ms) => expect(restartBackoffMs(failures)).toBe(ms));
