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
  let told: number;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rotation-'));
    keys = await WireguardKeys.load(dir, new Date());
    stopping = new AbortController();
    told = 0;
  });
  afterEach(async () => {
    stopping.abort();
    await running;
    await rm(dir, { recursive: true });
  });

  const start = (surroundings: { isInUse?: () => boolean; knownNext?: () => string | undefined }): void => {
    running = rotateKeys(
      {
        keys,
        periodMs: PERIOD_MS,
        isInUse: () => true,
        knownNext: () => undefined,
        changed: () => {
          told++;
          return Promise.resolve();
        },
        logger: createLogger('agent', 'silent'),
        ...surroundings,
      },
      stopping.signal,
    );
  };

  it('announces the next key and uses it once everybody knows it', async () => {
    const first = keys.ring.current;
    start({ knownNext: () => keys.ring.next?.publicKey });
    await eventually(() => keys.ring.current !== first, { reason: 'the key is changed' });
    expect(told).toBeGreaterThanOrEqual(2);
  });

  it('goes on with the old key while the next one is not known', async () => {
    const first = keys.ring.current;
    let looks = 0;
    start({ knownNext: () => (keys.ring.next && looks++, undefined) });
    await eventually(() => looks > 5, { reason: 'it was looked several times' });
    expect(keys.ring).toMatchObject({ current: first, next: expect.anything() });
  });

  it('changes nothing while nobody uses the keys', async () => {
    let looks = 0;
    start({ isInUse: () => (looks++, false) });
    await eventually(() => looks > 15, { reason: 'more than a period has gone by' });
    expect(keys.ring.next).toBeUndefined();
  });
});
