import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { delay } from '../concurrency';
import { messageOf } from '../errors';
import type { Logger } from '../logging';
import { removal, replacement, type Ruleset } from '../nft';
import {
  baseRules,
  baseTable,
  isOwnByNature,
  OWN_USERS,
  USERS,
  type BaseFacts,
  type Program,
  type ResolvedPlace,
} from './base-rules';
import type { ControlPlace } from './control-place';
import { hostCommands, ignoreRefusal, type HostCommands } from './host-commands';
import { HostNames } from './host-names';
import { ETCD_USER, readUsers } from './users';
import { defaultRoutesIn, NO_INTERFACES, readInterfaces, type HostInterfaces, type InterfaceRow } from './interfaces';

/** How often it is looked whether the rules are still there, and whether the host's network is another. */
const LOOK_MS = 5_000;
/** How often hosts' names are asked for. */
const LOOK_UP_MS = 30_000;

/** What the rules are to protect, and from whom. */
export interface BaseNeeds {
  readonly places: readonly ControlPlace[];
  /** Networks (CIDR) and hosts that may come in, besides those of `places`. */
  readonly hosts: readonly string[];
  readonly hostPorts: readonly number[];
  readonly names?: BaseFacts['names'];
}

/** Whose base rules they are. */
export interface BaseFilterOptions {
  readonly program: Program;
  /** Addresses or names that this host announces to others. */
  readonly announced: readonly string[];
  /** Users of this host, by name or number, whose processes may reach the control plane besides this program and its etcd. */
  readonly users?: readonly string[];
  readonly logger: Logger;
}

/** What base rules are kept by. */
export interface BaseFilterParts extends Omit<BaseFilterOptions, 'users'> {
  /** Numbers of all users that may reach the control plane. */
  readonly users: readonly number[];
  readonly commands: HostCommands;
}

/** What has changed on the host. */
export interface BaseFilterListener {
  /** Somebody has removed or altered the rules; they are there again. */
  readonly restored?: () => void;
  /** Addresses or interfaces are others. */
  readonly moved?: () => void;
  /** `problem` is another one. */
  readonly problemChanged?: () => void;
}

interface Applied {
  readonly ruleset: Ruleset;
  readonly listing: string;
  /** Interfaces by which the kernel lists them. */
  readonly interfaces: HostInterfaces;
}

/**
 * Keeps the base rules on the host from a program's start to its end. They stay when the program is killed, and the next one takes them
 * over. Without them the program works all the same, and says what is open.
 */
export class BaseFilter {
  /** Why there are no rules; empty while they are there. */
  problem = '';
  interfaces: HostInterfaces = NO_INTERFACES;
  private needs: BaseNeeds = { places: [], hosts: [], hostPorts: [] };
  /** The rules that were given to the kernel, and how it lists them. */
  private applied: Applied | undefined;
  private otherUsers: readonly number[] = [];
  /** What `interfaces` was read from. */
  private seen = '';
  private listener: BaseFilterListener = {};
  private readonly names = new HostNames();
  private readonly table: string;
  private passing: Promise<void> = Promise.resolve();
  private readonly ending = new AbortController();

  constructor(private readonly parts: BaseFilterParts) {
    this.table = baseTable(parts.program);
  }

  /** On this host, as the process's own user. Does nothing yet. */
  static async create({ users = [], ...options }: BaseFilterOptions): Promise<BaseFilter> {
    const named = await readUsers(users);
    if (named.unknown.length > 0)
      options.logger.warn({ users: named.unknown }, 'this host has no such users: they may not reach the control plane');
    const { uids } = await readUsers([String(process.getuid?.() ?? 0), ETCD_USER]);
    return new BaseFilter({ ...options, users: [...new Set([...uids, ...named.uids])], commands: hostCommands });
  }

  /** Makes the rules; to be awaited before anything listens or connects. Does not throw: see `problem`. */
  async install(needs: BaseNeeds): Promise<void> {
    this.needs = needs;
    await Promise.all([this.pass(), this.tellOther()]);
  }

  /** The other program need not wait for its next look to let this one through. */
  private async tellOther(): Promise<void> {
    const users = `{ ${this.parts.users.join(', ')} }`;
    const line = `add element ${this.otherTable().join(' ')} ${USERS} ${users}\n`;
    await this.parts.commands.run('nft', ['-f', '-'], line).catch(ignoreRefusal);
  }

  /** From now on the rules follow from this. Resolves when they do. */
  update(needs: BaseNeeds): Promise<void> {
    if (isDeepStrictEqual(needs, this.needs)) return this.passing;
    this.needs = needs;
    return this.pass();
  }

  listen(listener: BaseFilterListener): void {
    this.listener = listener;
  }

  /** The addresses that `host` has, a name too; none for one that was not found yet. */
  addressesOf(host: string): readonly string[] {
    return this.names.addressesOf(host);
  }

  /** Looks regularly whether everything is as it is to be, until `remove`. */
  async run(): Promise<void> {
    const { signal } = this.ending;
    const looksPerLookUp = LOOK_UP_MS / LOOK_MS;
    for (let look = 0; !signal.aborted; look++) {
      if (look % looksPerLookUp === 0 || this.isNameMissing()) await this.lookUp();
      await this.pass();
      await delay(LOOK_MS, signal);
    }
  }

  private async lookUp(): Promise<void> {
    if (await this.names.lookUp(this.hosts())) this.listener.moved?.();
  }

  private isNameMissing(): boolean {
    return this.hosts().some((host) => this.addressesOf(host).length === 0);
  }

  /** Leaves nothing of the rules. */
  async remove(): Promise<void> {
    this.ending.abort();
    await this.passing;
    await this.parts.commands.run('nft', ['-f', '-'], removal(this.table)).catch((error: unknown) => {
      if (this.problem === '') this.parts.logger.warn({ reason: messageOf(error) }, 'the base rules could not be removed');
    });
  }

  /** One after the other: each follows from what the one before has left. */
  private pass(): Promise<void> {
    this.passing = this.passing.then(() => this.applyNewest());
    return this.passing;
  }

  private async applyNewest(): Promise<void> {
    if (this.ending.signal.aborted) return;
    try {
      const { applied } = this;
      const [listing] = await Promise.all([applied && this.list().catch(() => ''), this.lookAtInterfaces()]);
      // The kernel has them still, all of them and nothing else.
      const before = applied?.listing === listing ? applied : undefined;
      // The other program has perhaps let its own user in.
      if (!before) this.otherUsers = await this.readOtherUsers();
      const ruleset = baseRules(this.facts());
      if (before && isDeepStrictEqual(before.ruleset, ruleset)) {
        this.applied = { ...before, interfaces: this.interfaces };
        return this.noteProblem('');
      }
      // With other interfaces they are listed in other words.
      const isLost = applied && !before && (listing === '' || applied.interfaces === this.interfaces);
      this.applied = undefined;
      await this.parts.commands.run('nft', ['-f', '-'], replacement(this.table, ruleset, before?.ruleset));
      this.applied = { ruleset, listing: await this.list(), interfaces: this.interfaces };
      this.noteProblem('');
      if (!isLost) return;
      this.parts.logger.warn('the base rules had been removed or altered; they are there again');
      this.listener.restored?.();
    } catch (error) {
      this.noteProblem(messageOf(error));
    }
  }

  private list(): Promise<string> {
    return this.parts.commands.run('nft', ['list', 'table', ...this.table.split(' ')]);
  }

  private async lookAtInterfaces(): Promise<void> {
    const [rows, ipv4, ipv6] = await Promise.all([
      this.parts.commands.run('ip', ['-json', '-details', 'address', 'show']),
      readFile('/proc/net/route', 'utf8').catch(() => ''),
      readFile('/proc/net/ipv6_route', 'utf8').catch(() => ''),
    ]);
    // On a host of a thousand containers the text is long, and the same as before.
    const seen = [rows, ipv4, ipv6, ...this.parts.announced.flatMap((host) => this.addressesOf(host))].join('\n');
    if (seen === this.seen) return;
    this.seen = seen;
    const signs = {
      announced: this.parts.announced.flatMap((host) => this.addressesOf(host)),
      defaultRoutes: defaultRoutesIn(ipv4, ipv6),
    };
    const interfaces = readInterfaces(JSON.parse(rows.trim() || '[]') as InterfaceRow[], signs);
    if (isDeepStrictEqual(interfaces, this.interfaces)) return;
    this.interfaces = interfaces;
    this.listener.moved?.();
  }

  private facts(): BaseFacts {
    const { places, hosts, hostPorts, names } = this.needs;
    const resolved = places.map((place): ResolvedPlace => ({ ...place, addresses: this.addressesOf(place.host) }));
    const listed = hosts.flatMap((host) => (host.includes('/') ? [host] : this.addressesOf(host)));
    return {
      ...{ interfaces: this.interfaces, places: resolved, hostPorts, names },
      hosts: [...resolved.flatMap(({ addresses }) => addresses), ...listed].filter((host) => !isOwnByNature(host)),
      ownUsers: this.parts.users,
      otherUsers: this.otherUsers,
    };
  }

  /** The other program may run as another user, and is to be let through. Only root can have written that. */
  private async readOtherUsers(): Promise<readonly number[]> {
    const listed = await this.parts.commands.run('nft', ['-j', 'list', 'set', ...this.otherTable(), OWN_USERS]).catch(() => '');
    if (listed === '') return [];
    const { nftables = [] } = JSON.parse(listed) as { nftables?: { set?: { elem?: unknown[] } }[] };
    return nftables.flatMap(({ set }) => set?.elem ?? []).filter((uid): uid is number => typeof uid === 'number');
  }

  private otherTable(): string[] {
    return baseTable(this.parts.program === 'agent' ? 'manager' : 'agent').split(' ');
  }

  private hosts(): string[] {
    const { places, hosts } = this.needs;
    return [...places.map(({ host }) => host), ...hosts.filter((host) => !host.includes('/')), ...this.parts.announced];
  }

  private noteProblem(problem: string): void {
    if (problem === this.problem) return;
    this.problem = problem;
    const { logger } = this.parts;
    if (problem === '') logger.info('the base rules are in place');
    else
      logger.error(
        { reason: problem },
        'containers and users of this host may reach the control plane, as long as there are no base rules: install nftables and iproute2, and let this program change them (root, or CAP_NET_ADMIN)',
      );
    this.listener.problemChanged?.();
  }
}
