import { eventually } from '#common/testing';
import { withMachineLock } from './machine-lock';

describe('a lock of the machine', () => {
  const name = `swarmctl-spec/${process.pid}`;

  it('lets one work at a time', async () => {
    let working = 0;
    let most = 0;
    const work = () =>
      withMachineLock(name, 5_000, async () => {
        working += 1;
        most = Math.max(most, working);
        await new Promise((resolve) => setImmediate(resolve));
        working -= 1;
      });
    await Promise.all([work(), work(), work()]);
    expect(most).toBe(1);
  });

  it('is released when the work fails', async () => {
    await expect(withMachineLock(name, 100, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(withMachineLock(name, 100, () => Promise.resolve('done'))).resolves.toBe('done');
  });

  it('is not waited for longer than told', async () => {
    let end: () => void = () => undefined;
    let hasIt = false;
    const holder = withMachineLock(name, 100, () => {
      hasIt = true;
      return new Promise<void>((resolve) => (end = resolve));
    });
    await eventually(() => hasIt, { reason: 'the first has the lock' });
    await expect(withMachineLock(name, 50, () => Promise.resolve())).rejects.toThrow('not within 50 ms: no other program holds');
    end();
    await holder;
  });
});
