import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Vault } from '#common/store';
import { SealingKeys } from './sealing-keys';
import { newUnlockKey } from './unlock-key';

const PLACE = 'secrets/a';
const never = new AbortController().signal;

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sealing-keys-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

const path = (): string => join(dataDir, 'sealing-keys.json');
const load = (): Promise<SealingKeys> => SealingKeys.load(dataDir);

describe('the sealing keys', () => {
  it('are made once, for their owner only', async () => {
    const sealed = new Vault(await load()).seal(Buffer.from('value'), PLACE);
    expect(new Vault(await load()).unseal(sealed, PLACE).toString()).toBe('value');
    expect((await stat(path())).mode & 0o777).toBe(0o600);
  });

  it.each(['', '{}', 'null', '{"current":"a","keys":{}}', '{"current":"a","keys":{"a":"AAAA"}}', '{"locked":1'])(
    'are not made anew in place of a file that holds %j',
    async (text) => {
      await writeFile(path(), text);
      await expect(load()).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
      expect(await readFile(path(), 'utf8')).toBe(text);
    },
  );
});

describe('locked sealing keys', () => {
  const unlockKey = newUnlockKey();

  it('are not in their file as they are', async () => {
    const keys = await load();
    const secrets = [...keys.keys.values()].map((key) => key.toString('base64'));
    await keys.lockWith(unlockKey);
    const text = await readFile(path(), 'utf8');
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(text).not.toContain(unlockKey.slice(9));
  });

  it('are the same when they are unlocked', async () => {
    const keys = await load();
    const sealed = new Vault(keys).seal(Buffer.from('value'), PLACE);
    await keys.lockWith(unlockKey);
    expect(new Vault(keys).unseal(sealed, PLACE).toString()).toBe('value');
    const again = await load();
    expect(() => new Vault(again).unseal(sealed, PLACE)).toThrow('needs to be unlocked');
    again.unlock(unlockKey);
    expect(new Vault(again).unseal(sealed, PLACE).toString()).toBe('value');
  });

  it.each([
    ['', 'INVALID_ARGUMENT'],
    ['SWMKEY-1-', 'INVALID_ARGUMENT'],
    ['SWMKEY-1-AAAA', 'INVALID_ARGUMENT'],
    ['SWMKEY-2-' + 'A'.repeat(43), 'INVALID_ARGUMENT'],
    ['SWMKEY-1-' + 'A'.repeat(43), 'UNAUTHENTICATED'],
    [newUnlockKey(), 'UNAUTHENTICATED'],
  ])('stay locked for %j', async (key, code) => {
    await (await load()).lockWith(unlockKey);
    const keys = await load();
    expect(() => keys.unlock(key)).toThrow(expect.objectContaining({ code }));
    expect(keys.isLocked).toBe(true);
  });

  it('are awaited', async () => {
    await (await load()).lockWith(unlockKey);
    const keys = await load();
    const unlocked = keys.untilUnlocked(never).then(() => keys.isLocked);
    keys.unlock(unlockKey);
    expect(await unlocked).toBe(false);
    await keys.untilUnlocked(never);
  });

  it('are not awaited for longer than they are needed', async () => {
    await (await load()).lockWith(unlockKey);
    const stopping = new AbortController();
    const keys = await load();
    const waiting = keys.untilUnlocked(stopping.signal);
    stopping.abort();
    await waiting;
    expect(keys.isLocked).toBe(true);
  });

  it('are locked with the key that came last, whatever comes at once', async () => {
    const keys = await load();
    const others = Array.from({ length: 5 }, newUnlockKey);
    await Promise.all([...others, unlockKey].map((key) => keys.lockWith(key)));
    const again = await load();
    again.unlock(unlockKey);
    expect(again.isLocked).toBe(false);
  });

  it('can be given up for new ones', async () => {
    const keys = await load();
    const { current } = keys;
    await keys.lockWith(unlockKey);
    const again = await load();
    await again.replace();
    expect([again.isLocked, again.current === current, (await load()).current === again.current]).toEqual([false, false, true]);
  });

  it('are not given up for new ones that cannot be kept', async () => {
    await (await load()).lockWith(unlockKey);
    const keys = await load();
    await rm(dataDir, { recursive: true });
    await expect(keys.replace()).rejects.toThrow('ENOENT');
    expect(keys.isLocked).toBe(true);
    await mkdir(dataDir);
  });

  it('leave nothing in the open that was being written when their manager died', async () => {
    const keys = await load();
    await keys.lockWith(unlockKey);
    await writeFile(`${path()}.new`, 'half of a file');
    await load();
    await expect(stat(`${path()}.new`)).rejects.toThrow('ENOENT');
  });

  it.each([
    ['no value', { keyId: 'unlock-key', nonce: 'AAAAAAAAAAAAAAAA', value: '' }],
    ['half a nonce', { keyId: 'unlock-key', nonce: 'AAAA', value: 'A'.repeat(64) }],
    ['another key', { keyId: 'x', nonce: 'AAAAAAAAAAAAAAAA', value: 'A'.repeat(64) }],
  ])('are told to be damaged, not to want another key: %s', async (_, locked) => {
    await writeFile(path(), JSON.stringify({ locked }));
    await expect(load()).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  });

  it('are written again when that failed', async () => {
    const keys = await load();
    await rm(dataDir, { recursive: true });
    await expect(keys.lockWith(unlockKey)).rejects.toThrow('ENOENT');
    await mkdir(dataDir);
    await keys.lockWith(unlockKey);
    expect((await load()).isLocked).toBe(true);
  });
});
