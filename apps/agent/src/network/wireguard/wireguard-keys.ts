import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { DomainError } from '#common/errors';
import { ensurePrivateFolder, readIfPresent, writeDurably } from '#common/files';

const FILE = 'wireguard-keys';
const KEY = /^[A-Za-z0-9+/]{43}=$/;

/** A pair of WireGuard's keys (Curve25519), base64 as its tools have them. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** A node's keys, as they are kept on its disk. */
export interface KeyRing {
  readonly current: KeyPair;
  /** ISO time since when the current pair is used. */
  readonly since: string;
  /** Announced to the other nodes, and not used yet. */
  readonly next?: KeyPair;
}

/** This node's keys; the private ones never leave the host. */
export class WireguardKeys {
  private constructor(
    private readonly path: string,
    private kept: KeyRing,
  ) {}

  /**
   * The keys in the data directory, or new ones that are kept there from now on.
   * @throws DomainError FAILED_PRECONDITION when the file holds something else; whatever the file system throws
   */
  static async load(dataDir: string, now: Date): Promise<WireguardKeys> {
    const path = join(dataDir, FILE);
    const stored = await readIfPresent(path);
    if (stored !== undefined) return new WireguardKeys(path, parse(stored, path));
    await ensurePrivateFolder(dataDir);
    const keys = new WireguardKeys(path, { current: newKeyPair(), since: now.toISOString() });
    await keys.keep(keys.ring);
    return keys;
  }

  get ring(): KeyRing {
    return this.kept;
  }

  /** Makes the pair that is used next, for others to hear of. @throws whatever the file system throws */
  async announce(): Promise<void> {
    await this.keep({ ...this.kept, next: newKeyPair() });
  }

  /** Uses the announced pair from now on, and forgets the one before. @throws whatever the file system throws */
  async promote(now: Date): Promise<void> {
    const { next } = this.kept;
    if (next) await this.keep({ current: next, since: now.toISOString() });
  }

  private async keep(ring: KeyRing): Promise<void> {
    await writeDurably(this.path, `${JSON.stringify(ring)}\n`);
    this.kept = ring;
  }
}

function newKeyPair(): KeyPair {
  const { d = '', x = '' } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  return { privateKey: toBase64(d), publicKey: toBase64(x) };
}

function toBase64(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString('base64');
}

function parse(text: string, path: string): KeyRing {
  const isPair = (pair: Partial<KeyPair> | undefined): boolean =>
    KEY.test(pair?.privateKey ?? '') && KEY.test(pair?.publicKey ?? '');
  try {
    const ring = JSON.parse(text) as Partial<KeyRing>;
    if (isPair(ring.current) && (!ring.next || isPair(ring.next)) && !Number.isNaN(Date.parse(ring.since ?? '')))
      return ring as KeyRing;
  } catch {
    // Said below, as of anything else that is no key ring.
  }
  throw new DomainError(
    'FAILED_PRECONDITION',
    `${path} holds no WireGuard keys; restore it, or remove it to have new ones made: encrypted networks have a gap then`,
  );
}
