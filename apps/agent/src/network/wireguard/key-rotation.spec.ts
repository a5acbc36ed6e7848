import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '#common/logging';
import { eventually } from '#common/testing';
import { rotateKeys } from './key-rotation';
import { WireguardKeys } from './wireguard-keys';

const PERIOD_MS = 100;

describe('the rotation of keys', () => {
  let dir: string;
  let keys: WireguardKeys;
  let stopping: AbortController;
  let running: Promise<void>;
  /** What was done, in order. */
  let done: string[];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rotation-'));
    keys = await WireguardKeys.load(dir, new Date());
    stopping = new AbortController();
    done = [];
  });
  afterEach(async () => {
    stopping.abort();
    await running;
    await rm(dir, { recursive: true });
  });

  const start = (surroundings: {
    isInUse?: () => boolean;
    isTurn?: () => boolean;
    knownNext?: () => string | undefined;
    periodMs?: number;
  }): void => {
    running = rotateKeys(
      {
        keys,
        periodMs: PERIOD_MS,
        isInUse: () => true,
        isTurn: () => true,
        knownNext: () => undefined,
        used: () => Promise.resolve(void done.push(`used ${keys.ring.current.publicKey}`)),
        tell: () => Promise.resolve(void done.push(`told ${keys.ring.current.publicKey} ${keys.ring.next?.publicKey ?? ''}`)),
        logger: createLogger('agent', 'silent'),
        ...surroundings,
      },
      stopping.signal,
    );
  };

  it('announces the next key, uses it once everybody knows it, and only then says so', async () => {
    const { publicKey: first } = keys.ring.current;
    start({ knownNext: () => keys.ring.next?.publicKey });
    await eventually(() => done.length >= 3, { reason: 'the key is changed' });
    const second = /^used (.*)$/.exec(done[1] ?? '')?.[1] ?? '';
    expect(done.slice(0, 3)).toEqual([`told ${first} ${second}`, `used ${second}`, `told ${second} `]);
    expect(second).not.toBe(first);
  });

  it('goes on with the old key while the next one is not known', async () => {
    const first = keys.ring.current;
    let looks = 0;
    start({ knownNext: () => (keys.ring.next && looks++, undefined) });
    await eventually(() => looks > 5, { reason: 'it was looked several times' });
    expect(keys.ring).toMatchObject({ current: first, next: expect.anything() });
  });

  it('waits for its turn, but not for ever', async () => {
    const first = keys.ring.current;
    let asked = 0;
    start({ knownNext: () => keys.ring.next?.publicKey, isTurn: () => (asked++, false) });
    await eventually(() => keys.ring.current !== first, { reason: 'it goes on without its turn' });
    expect(asked).toBeGreaterThanOrEqual(2);
  });

  describe('while the clock is set', () => {
    const LONG_MS = 1_000;
    const setClock = (jump: number): void => {
      const realNow = Date.now;
      jest.spyOn(Date, 'now').mockImplementation(() => realNow() + jump);
    };
    afterEach(() => jest.restoreAllMocks());

    it.each([3_600_000, 400 * 86_400_000])('ahead by %d ms goes on at its own pace', async (jump) => {
      let looks = 0;
      const startedAt = performance.now();
      start({ periodMs: LONG_MS, isInUse: () => ++looks > 0 });
      await eventually(() => looks > 0, { reason: 'it was looked' });
      setClock(jump);
      await eventually(() => keys.ring.next !== undefined, { reason: 'the next key is announced' });
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(LONG_MS - 100);
    });

    it.each([-3_600_000, -400 * 86_400_000])(
      'back by %d ms, takes another key, of which nobody knows a later greeting',
      async (jump) => {
        let looks = 0;
        start({ periodMs: 10 * LONG_MS, isInUse: () => ++looks > 0 });
        setClock(jump);
        await eventually(() => keys.ring.next !== undefined, { reason: 'the next key is announced' });
        expect(looks).toBe(1);
      },
      20_000,
    );
  });

  it('changes nothing while nobody uses the keys', async () => {
    let looks = 0;
    start({ isInUse: () => (looks++, false) });
    await eventually(() => looks > 15, { reason: 'more than a period has gone by' });
    expect(keys.ring.next).toBeUndefined();
  });
});
