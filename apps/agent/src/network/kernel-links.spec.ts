import type { HostCommands, HostTool } from '#common/packet-filter';
import { DomainError } from '#common/errors';
import { KernelLinks, type LinkTroubles } from './kernel-links';
import { linkLines } from './link-lines';
import { toOverlayLinks, type OverlayLink } from './overlay-link';
import { aNetwork, anEndpoint, aState } from './testing/a-state';

const HOST = { nodeId: 'n1', address: '10.77.0.11' };
const SECOND = 0x10002;

/** Keeps entries as the kernel does, for which a removal that finds nothing is a failure; can refuse lines. */
class FakeKernel implements HostCommands {
  /** By what they are about: the rest of the line. */
  readonly entries = new Map<string, string>();
  refuses: (line: string) => boolean = () => false;

  run(tool: HostTool, args: readonly string[], input = ''): Promise<string> {
    if (args.includes('-json')) return Promise.resolve(JSON.stringify(this.rows(args.slice(1).join(' '))));
    const failed = input.split('\n').filter((line) => line !== '' && !this.take(line));
    return failed.length === 0
      ? Promise.resolve('')
      : Promise.reject(new DomainError('UNAVAILABLE', `${tool} failed: ${failed.join()}`));
  }

  setParameter(): Promise<void> {
    return Promise.resolve();
  }

  private take(line: string): boolean {
    if (this.refuses(line)) return false;
    const [, kind = '', action = '', id = '', rest = ''] = /^(fdb|neigh|address) (\w+) (\S+)(.*)$/.exec(line) ?? [];
    if (kind === '') return true;
    const [device = ''] = /dev \S+/.exec(rest) ?? [];
    const key = [kind, id, device, ...(/ (?:self|master)/.exec(rest) ?? [])].join(' ');
    if (action === 'del') return this.entries.delete(key);
    this.entries.set(key, rest);
    return true;
  }

  private rows(command: string): object[] {
    const [, kind = '', device = ''] = /^(\w+) show dev (\S+)/.exec(command) ?? [];
    const own = [...this.entries].filter(([key]) => key.startsWith(`${kind} `) && key.split(' ')[3] === device);
    return own.map(([key, rest]) => {
      const [, id = ''] = key.split(' ');
      const valueOf = (word: string): string | undefined => new RegExp(`${word} (\\S+)`).exec(rest)?.[1];
      if (kind === 'neigh') return { dst: id, lladdr: valueOf('lladdr') };
      if (kind === 'address') return { addr_info: [{ local: id.split('/')[0], prefixlen: Number(id.split('/')[1]) }] };
      return rest.includes('master') ? { mac: id, master: 'bridge', state: 'static' } : { mac: id, dst: valueOf('dst') };
    });
  }
}

/** Two networks, each with a virtual address, and a task on another node at this last number of its address. */
function links(last: number): readonly [OverlayLink, OverlayLink] {
  const networks = [aNetwork('back', '10.1.0.0/24'), aNetwork('other', '10.2.0.0/24', { vxlanId: SECOND })];
  const [virtualAddresses, others] = [['10.1.0.2'], ['10.2.0.2']];
  const service = {
    id: 'web',
    networks: [
      { networkId: 'back', virtualAddresses },
      { networkId: 'other', virtualAddresses: others },
    ],
  };
  const endpoints = [anEndpoint('t1', 'n2', { back: `10.1.0.${last}`, other: `10.2.0.${last}` })];
  return toOverlayLinks(aState({ networks, services: [service], endpoints }), HOST) as [OverlayLink, OverlayLink];
}
const wanted = (list: readonly OverlayLink[]): number => list.reduce((sum, link) => sum + linkLines(link).size, 0);
const reasons = ({ unmade, incomplete }: LinkTroubles): object =>
  Object.fromEntries([...unmade, ...incomplete].map(([{ name }, reason]) => [name, reason]));

describe('entries of overlay networks', () => {
  let kernel: FakeKernel;
  let kept: KernelLinks;
  beforeEach(() => {
    kernel = new FakeKernel();
    kept = new KernelLinks(kernel);
  });

  it('are made but for the one that the kernel refuses, which is its network’s trouble', async () => {
    kernel.refuses = (line) => line.startsWith('fdb replace 02:42:0a:02:00:05 dev vx10002 dst');
    const both = links(5);
    expect(reasons(await kept.apply(both))).toEqual({ other: expect.stringContaining('02:42:0a:02:00:05') as string });
    expect(kernel.entries.size).toBe(wanted(both) - 1);
    expect(kernel.entries.has('neigh 10.2.0.5 dev vx10002')).toBe(true);
    expect(kernel.entries.has('address 10.2.0.2/32 dev sc10002')).toBe(true);
  });

  it('that were removed are no trouble to the others when another network’s entry is refused', async () => {
    await kept.apply(links(5));
    kernel.refuses = (line) => line.includes('replace 02:42:0a:02:00:06');
    const both = links(6);
    expect(Object.keys(reasons(await kept.apply(both)))).toEqual(['other']);
    expect([...kernel.entries.keys()].filter((key) => key.includes(':05 ') || key.includes('.5 '))).toEqual([]);
    kernel.refuses = () => false;
    expect(reasons(await kept.apply(both))).toEqual({});
    expect(kernel.entries.size).toBe(wanted(both));
  });

  it('that are to be removed and are gone already are no trouble at all', async () => {
    await kept.apply(links(5));
    kernel.entries.delete('neigh 10.1.0.5 dev vx10001');
    const both = links(6);
    expect(reasons(await kept.apply(both))).toEqual({});
    expect(kernel.entries.size).toBe(wanted(both));
  });
});

/** Rules of one table of forwarding, whose listing can be held back. */
class FakePacketFilter implements HostCommands {
  chain: string[] = [];
  private holding: Promise<void> | undefined;

  /** Holds back the next listing. @returns how to let it go */
  holdOne(): () => void {
    let letGo = (): void => undefined;
    this.holding = new Promise((resolve) => (letGo = resolve));
    return letGo;
  }

  async run(tool: HostTool, args: readonly string[], input = ''): Promise<string> {
    if (args.includes('-S')) {
      const listing = ['-A FORWARD -j DOCKER-USER', ...(tool === 'iptables' ? this.chain : [])].join('\n');
      const { holding } = this;
      this.holding = undefined;
      await holding;
      return listing;
    }
    const rules = input.split('\n').filter((line) => line.startsWith('-A '));
    const isRemoval = input.includes('-X ');
    this.chain = isRemoval ? [] : ['-N SWARMCTL-FORWARD', '-A FORWARD -j SWARMCTL-FORWARD', ...rules];
    return '';
  }

  setParameter(): Promise<void> {
    return Promise.resolve();
  }
}

describe('rules for what is forwarded to overlays', () => {
  it('stay away when the last network goes while they are being looked at', async () => {
    const filter = new FakePacketFilter();
    const kept = new KernelLinks(filter);
    await kept.acceptForwarded(links(7));
    expect(filter.chain).toContain('-A FORWARD -j SWARMCTL-FORWARD');
    filter.chain = filter.chain.slice(0, 1);
    const letGo = filter.holdOne();
    const looking = kept.acceptForwardedAgain();
    await new Promise((resolve) => setImmediate(resolve));
    const removing = kept.acceptForwarded([]);
    await new Promise((resolve) => setImmediate(resolve));
    letGo();
    await Promise.all([looking, removing]);
    expect(filter.chain).toEqual([]);
  });
});
