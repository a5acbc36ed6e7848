import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { monotonicPause } from './monotonic-pause';

const HOUR = 3_600_000;

describe('a circuit breaker', () => {
  afterEach(() => jest.restoreAllMocks());

  it.each([0, HOUR, -HOUR, 400 * 24 * HOUR])('is open for its pause, also when the clock is set by %d ms', async (jump) => {
    let steady = 0;
    const breaker = circuitBreaker(handleAll, {
      breaker: new ConsecutiveBreaker(1),
      halfOpenAfter: monotonicPause(500, () => steady),
    });
    const fail = (): Promise<unknown> => breaker.execute(() => Promise.reject(new Error('away')));
    await expect(fail()).rejects.toThrow('away');
    const now = Date.now() + jump;
    jest.spyOn(Date, 'now').mockImplementation(() => now);
    steady = 499;
    await expect(fail()).rejects.toThrow('breaker is open');
    steady = 500;
    await expect(fail()).rejects.toThrow('away');
    steady = 999;
    await expect(fail()).rejects.toThrow('breaker is open');
    steady = 1_000;
    await expect(breaker.execute(() => 'back')).resolves.toBe('back');
  });
});
