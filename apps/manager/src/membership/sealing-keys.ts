import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SWARM_LOCKED } from '#common/domain';
import { DomainError } from '#common/errors';
import { DurableFile, readIfPresent, removeDraft, writeDurably } from '#common/files';
import { isId, newId } from '#common/identity';
import { SealedValue } from '#common/proto';
import { isSealedValue, SEALING_KEY_BYTES, Vault, type KeyRing } from '#common/store';
import { parseUnlockKey } from './unlock-key';

const FILE = 'sealing-keys.json';
/** Those of a cluster that this host has joined: its own stay for its own cluster. */
const JOINED_FILE = 'joined-sealing-keys.json';
/** What a locked file names as the key that it is sealed with. */
const LOCK_ID = 'unlock-key';

/** Rotation adds a key and makes it the current one; older ones stay for as long as values are sealed with them. */
interface OpenFile {
  readonly current: string;
  /** By id, base64. */
  readonly keys: Readonly<Record<string, string>>;
}

/** The same, sealed with the unlock key. */
interface LockedFile {
  readonly locked: SealedValue;
}

/**
 * The keys that this manager seals secrets with, made at the first start. All managers of a cluster need the same ones. Their file may
 * be locked: then nobody who has the file alone can read what is sealed, and the manager has to be told the unlock key after each start.
 */
export class SealingKeys implements KeyRing {
  private readonly waiting = new Set<() => void>();
  /** What the file is locked with; empty for nothing. Not known while it is locked. */
  private unlockKey = '';
  /** Whether the file is as it is to be. */
  private isWritten = true;

  private constructor(
    private readonly file: DurableFile,
    private state: KeyRing | LockedFile,
  ) {}

  /** @throws DomainError FAILED_PRECONDITION when the file is no such file; errors of the file system */
  static load(dataDir: string): Promise<SealingKeys> {
    return SealingKeys.loadFile(join(dataDir, FILE));
  }

  /** Those that keepJoined has kept. @throws as load */
  static loadJoined(dataDir: string): Promise<SealingKeys> {
    return SealingKeys.loadFile(join(dataDir, JOINED_FILE));
  }

  /** Keeps the keys of a cluster that is about to be joined. @throws errors of the file system */
  static async keepJoined(dataDir: string, ring: KeyRing): Promise<void> {
    await writeDurably(join(dataDir, JOINED_FILE), toText(ring, ''));
  }

  /** @throws errors of the file system */
  static async removeJoined(dataDir: string): Promise<void> {
    await rm(join(dataDir, JOINED_FILE), { force: true });
  }

  private static async loadFile(path: string): Promise<SealingKeys> {
    await removeDraft(path);
    const text = await readIfPresent(path);
    if (text !== undefined) return new SealingKeys(new DurableFile(path), parseFile(path, text));
    const sealingKeys = new SealingKeys(new DurableFile(path), newRing());
    await sealingKeys.write(sealingKeys.ring(), '');
    return sealingKeys;
  }

  get isLocked(): boolean {
    return 'locked' in this.state;
  }

  /** @throws DomainError UNAVAILABLE while they are locked */
  get current(): string {
    return this.ring().current;
  }

  /** @throws DomainError UNAVAILABLE while they are locked */
  get keys(): KeyRing['keys'] {
    return this.ring().keys;
  }

  /** @throws DomainError INVALID_ARGUMENT it is no key · UNAUTHENTICATED it is another one · ALREADY_EXISTS they are not locked */
  unlock(unlockKey: string): void {
    if (!('locked' in this.state)) throw new DomainError('ALREADY_EXISTS', 'swarm is not locked');
    this.open(toRing(JSON.parse(openWith(unlockKey, this.state.locked)) as OpenFile), unlockKey);
  }

  /** Resolves when they can be used, or when the signal aborts. */
  untilUnlocked(signal: AbortSignal): Promise<void> {
    if (!this.isLocked || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /**
   * Reads the file again, which somebody may have replaced by the right one. What cannot be read changes nothing.
   * @throws DomainError FAILED_PRECONDITION it is no such file · errors of the file system
   */
  async reload(): Promise<void> {
    const text = await readIfPresent(this.file.path);
    if (text === undefined) return;
    const state = parseFile(this.file.path, text);
    if ('locked' in state) this.state = state;
    else this.open(state, '');
  }

  /** Writes the file so that it takes `unlockKey` to open it, or nothing if that is empty. @throws as `current` · of the file system */
  async lockWith(unlockKey: string): Promise<void> {
    this.ring();
    if (unlockKey === this.unlockKey && this.isWritten) return;
    this.unlockKey = unlockKey;
    await this.write(this.ring(), unlockKey);
  }

  /** Forgets the keys for new ones: what was sealed with them cannot be read here any more. @throws errors of the file system */
  async replace(): Promise<void> {
    const ring = newRing();
    // Nothing is to be sealed with keys that are not kept.
    await this.write(ring, '');
    this.open(ring, '');
  }

  private open(ring: KeyRing, unlockKey: string): void {
    this.state = ring;
    this.unlockKey = unlockKey;
    for (const wake of this.waiting) wake();
  }

  private ring(): KeyRing {
    if ('locked' in this.state) throw new DomainError('UNAVAILABLE', SWARM_LOCKED);
    return this.state;
  }

  private async write(ring: KeyRing, unlockKey: string): Promise<void> {
    this.isWritten = false;
    await this.file.write(toText(ring, unlockKey));
    this.isWritten = unlockKey === this.unlockKey;
  }
}

function toText({ current, keys }: KeyRing, unlockKey: string): string {
  const file: OpenFile = { current, keys: Object.fromEntries([...keys].map(([id, key]) => [id, key.toString('base64')])) };
  const text = `${JSON.stringify(file)}\n`;
  if (unlockKey === '') return text;
  return `${JSON.stringify({ locked: SealedValue.toJSON(lockOf(unlockKey).seal(Buffer.from(text), FILE)) })}\n`;
}

function newRing(): KeyRing {
  const id = newId();
  return { current: id, keys: new Map([[id, randomBytes(SEALING_KEY_BYTES)]]) };
}

/** An unlock key has as many bytes as a sealing key, and locks in the same way. */
function lockOf(unlockKey: string): Vault {
  return new Vault({ current: LOCK_ID, keys: new Map([[LOCK_ID, parseUnlockKey(unlockKey)]]) });
}

function openWith(unlockKey: string, locked: SealedValue): string {
  const lock = lockOf(unlockKey);
  try {
    return lock.unseal(locked, FILE).toString();
  } catch (cause) {
    throw new DomainError('UNAUTHENTICATED', 'swarm could not be unlocked: invalid key provided', { cause });
  }
}

function parseFile(path: string, text: string): KeyRing | LockedFile {
  try {
    const file = JSON.parse(text) as OpenFile | { locked: unknown };
    if ('locked' in file) return toLocked(file.locked);
    const ring = toRing(file);
    if (ring.keys.has(ring.current) && [...ring.keys].every(([id, key]) => isId(id) && key.length === SEALING_KEY_BYTES))
      return ring;
  } catch {
    // What is wrong in detail must not be told: the text holds keys.
  }
  throw new DomainError('FAILED_PRECONDITION', `${path} holds no sealing keys: restore it, secrets cannot be read without it`);
}

/** @throws Error when it cannot be opened with any key */
function toLocked(value: unknown): LockedFile {
  const locked = SealedValue.fromJSON(value);
  if (locked.keyId !== LOCK_ID || !isSealedValue(locked)) throw new Error('damaged');
  return { locked };
}

function toRing({ current, keys }: OpenFile): KeyRing {
  return { current, keys: new Map(Object.entries(keys).map(([id, key]) => [id, Buffer.from(key, 'base64')])) };
}
