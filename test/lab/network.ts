import { existsSync, readdirSync } from 'node:fs';
import { runCommand } from './run-command';

const NETNS_FOLDER = '/run/netns';
const TUNNEL_SOCKETS = '/run/wireguard';
const BRIDGE = 'br0';
const LOSS_TABLE = 'lab-cut';
/** Before connection tracking and every rule of Docker's, so that a dropped packet leaves no trace. */
const BEFORE_ALL_RULES = -450;
const AFTER_ALL_RULES = 450;

/** A host's place in the lab's network. */
export interface HostPlace {
  /** The host's name, which is also that of its cable's end at the switch. */
  readonly name: string;
  readonly address: string;
}

/** What a cut stops: everything, or only packets to the host, or only packets from it. */
export type CutDirection = 'both' | 'incoming' | 'outgoing';

/** The lab's own network: a namespace that is the switch, and one per host, each with a cable to the switch. */
export class LabNetwork {
  /** @param prefix of every namespace's name, as `swl1-` */
  constructor(private readonly prefix: string) {}

  /** Path of the namespace of a host, for `nsenter --net`. */
  netns(host: string): string {
    return `${NETNS_FOLDER}/${this.namespace(host)}`;
  }

  async createSwitch(): Promise<void> {
    const name = this.namespace(SWITCH);
    await ip('netns', 'add', name);
    await ip('-n', name, 'link', 'add', BRIDGE, 'type', 'bridge');
    await ip('-n', name, 'link', 'set', BRIDGE, 'up');
  }

  /** Makes the host's namespace and connects it. Both ends of the cable are born in their namespaces, none on the machine. */
  async addHost({ name, address }: HostPlace): Promise<void> {
    const [host, hub] = [this.namespace(name), this.namespace(SWITCH)];
    await ip('netns', 'add', host);
    await ip('link', 'add', 'eth0', 'netns', host, 'type', 'veth', 'peer', 'name', name, 'netns', hub);
    await ip('-n', hub, 'link', 'set', name, 'master', BRIDGE, 'up');
    await ip('-n', host, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    await ip('-n', host, 'link', 'set', 'eth0', 'up');
    await ip('-n', host, 'link', 'set', 'lo', 'up');
  }

  /** Stops the host's packets: `both` takes the link down, one direction drops silently. Connections stay open, as in life. */
  async cut(host: string, direction: CutDirection): Promise<void> {
    if (direction === 'both') return ip('-n', this.namespace(SWITCH), 'link', 'set', host, 'down');
    const chain =
      direction === 'incoming'
        ? `type filter hook prerouting priority ${BEFORE_ALL_RULES}; iifname eth0 drop`
        : `type filter hook postrouting priority ${AFTER_ALL_RULES}; oifname eth0 drop`;
    await this.nft(host, `table inet ${LOSS_TABLE} {\nchain ${direction} {\n${chain}\n}\n}\n`);
  }

  /** Undoes every cut of the host. Repeatable. */
  async heal(host: string): Promise<void> {
    await ip('-n', this.namespace(SWITCH), 'link', 'set', host, 'up');
    // Adding it first makes deleting it safe when there was none.
    await this.nft(host, `add table inet ${LOSS_TABLE}\ndelete table inet ${LOSS_TABLE}`);
  }

  /** Removes all namespaces of the lab, and with them its links. Repeatable. */
  async remove(): Promise<void> {
    await Promise.all(this.namespaces().map((name) => ip('netns', 'delete', name)));
  }

  /** Sockets of WireGuard programs in the lab: they leave them when they are killed, in a folder that all namespaces share. */
  async tunnelSockets(): Promise<string[]> {
    const lists = await Promise.all(
      this.namespaces().map(async (name) => (await runCommand('ip', ['-n', name, '-o', 'link', 'show', 'type', 'tun'])).stdout),
    );
    return lists.flatMap((list) =>
      [...list.matchAll(/^\d+: ([^:@]+)/gm)].map(([, device]) => `${TUNNEL_SOCKETS}/${device}.sock`),
    );
  }

  private namespaces(): string[] {
    if (!existsSync(NETNS_FOLDER)) return [];
    return readdirSync(NETNS_FOLDER).filter((name) => name.startsWith(this.prefix));
  }

  private namespace(host: string): string {
    return `${this.prefix}${host}`;
  }

  private async nft(host: string, rules: string): Promise<void> {
    await runCommand('nsenter', [`--net=${this.netns(host)}`, '--', 'nft', '-f', '-'], { input: rules });
  }
}

/** Not a name that a host may have, see HOST_NAME in lab-plan.ts. */
const SWITCH = '_switch';

async function ip(...args: string[]): Promise<void> {
  await runCommand('ip', args);
}
