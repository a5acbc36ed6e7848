import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WireguardKeys } from './wireguard-keys';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const LATER = new Date('2026-01-02T00:00:00.000Z');

describe("a node's keys", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'keys-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it('are made once and kept for nobody else to read', async () => {
    const { ring } = await WireguardKeys.load(dir, NOW);
    expect(ring.current.publicKey).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(ring.current.privateKey).not.toBe(ring.current.publicKey);
    expect((await WireguardKeys.load(dir, LATER)).ring).toEqual(ring);
    expect((await stat(join(dir, 'wireguard-keys'))).mode & 0o777).toBe(0o600);
  });

  it('change in two steps, both of which outlast a restart', async () => {
    const keys = await WireguardKeys.load(dir, NOW);
    const first = keys.ring.current;
    await keys.announce();
    const { ring } = await WireguardKeys.load(dir, LATER);
    expect(ring).toMatchObject({ current: first, since: NOW.toISOString() });
    await keys.promote(LATER);
    expect((await WireguardKeys.load(dir, LATER)).ring).toEqual({ current: ring.next, since: LATER.toISOString() });
    expect(await readFile(join(dir, 'wireguard-keys'), 'utf8')).not.toContain(first.privateKey);
  });

  it('are not made anew over a file that cannot be read', async () => {
    await writeFile(join(dir, 'wireguard-keys'), '{"current":{"privateKey":"x"}}');
    await expect(WireguardKeys.load(dir, NOW)).rejects.toThrow(
      /wireguard-keys holds no WireGuard keys; restore it, or remove it/,
    );
  });
});
