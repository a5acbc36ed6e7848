import { eventually } from './eventually';

describe('waiting for a condition', () => {
  it('gives what the first passing check gave', async () => {
    let calls = 0;
    const value = await eventually(() => (++calls < 3 ? false : calls), { reason: 'three calls', intervalMs: 1 });
    expect(value).toBe(3);
  });

  it('takes a check that throws for one that does not hold yet', async () => {
    let calls = 0;
    const check = () => {
      calls += 1;
      if (calls < 3) throw new Error('too early');
    };
    await expect(eventually(check, { reason: 'no throw', intervalMs: 1 })).resolves.toBeUndefined();
  });

  it('names the reason and the last failure when time is up', async () => {
    const check = () => Promise.reject(new Error('2 of 3'));
    await expect(eventually(check, { reason: 'three replicas run', timeoutMs: 20, intervalMs: 1 })).rejects.toThrow(
      'not within 20 ms: three replicas run: 2 of 3',
    );
  });

  it('does not wait longer for a check that hangs', async () => {
    const hangs = () => new Promise<void>(() => undefined);
    await expect(eventually(hangs, { reason: 'an answer', timeoutMs: 20 })).rejects.toThrow('not within 20 ms: an answer');
  });

  it('ends at once when aborted, with the reason of that', async () => {
    const controller = new AbortController();
    const waiting = eventually(() => false, { reason: 'never', timeoutMs: 60_000, signal: controller.signal });
    controller.abort(new Error('not wanted any more'));
    await expect(waiting).rejects.toThrow('not wanted any more');
  });
});
