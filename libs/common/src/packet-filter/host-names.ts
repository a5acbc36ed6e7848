import { lookup } from 'node:dns/promises';
import { monotonicMs, withDeadline } from '../concurrency';
import { readAddress } from './control-place';

const LOOKUP_MS = 5_000;
/** A name may have its addresses in turns: one that was given lately is still its own. */
const REMEMBERED_MS = 10 * 60_000;

/** Addresses of hosts' names; what was found out stays when nobody can be asked. */
export class HostNames {
  private readonly known = new Map<string, Map<string, number>>();

  /** An address is its own. A name that was never looked up has none. */
  addressesOf(host: string): readonly string[] {
    const literal = readAddress(host);
    return literal === undefined ? [...(this.known.get(host)?.keys() ?? [])] : [literal];
  }

  /** Asks for the addresses of those that are names. @returns whether any are others than before */
  async lookUp(hosts: readonly string[]): Promise<boolean> {
    const names = [...new Set(hosts)].filter((host) => readAddress(host) === undefined);
    const changes = await Promise.all(names.map((name) => this.lookUpOne(name)));
    return changes.includes(true);
  }

  private async lookUpOne(name: string): Promise<boolean> {
    const found = await withDeadline(`the look-up of ${name}`, LOOKUP_MS, () => lookup(name, { all: true })).catch(() => []);
    const before = this.known.get(name) ?? new Map<string, number>();
    if (found.length === 0) return false;
    const now = monotonicMs();
    const after = new Map([...before].filter(([, seen]) => now - seen < REMEMBERED_MS));
    for (const { address } of found) {
      const literal = readAddress(address);
      if (literal !== undefined) after.set(literal, now);
    }
    this.known.set(name, after);
    return [...after.keys()].sort().join() !== [...before.keys()].sort().join();
  }
}
