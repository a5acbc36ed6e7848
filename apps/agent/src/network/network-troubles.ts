import { messageOf } from '#common/errors';
import type { NetworkProblem } from '#common/proto';
import type { NetworkState } from './network-state';
import type { OverlayLink } from './overlay-link';

/** What is shown of one trouble: enough to know what it is. */
const MAX_TEXT = 512;
/** Nobody reads more; the managers take no more either. */
const MOST_SHOWN = 64;
const OF_NETWORK = 'network ';

/** What one pass over the host's networks could not do, by network where it is about one. */
export class Troubles {
  private readonly byNetwork = new Map<string, string>();
  private readonly others = new Set<string>();
  private readonly left: NetworkProblem[];
  private failed = false;

  /** @param state what it leaves out is shown too, and does not keep a pass from being done */
  constructor({ refused }: Pick<NetworkState, 'refused'>) {
    this.left = [...refused].map(([entry, reason]) =>
      entry.startsWith(OF_NETWORK)
        ? { networkId: entry.slice(OF_NETWORK.length), problem: shortened(reason) }
        : { networkId: '', problem: shortened(`${entry}: ${reason}`) },
    );
  }

  /** Whether something is to be tried again. */
  get isAny(): boolean {
    return this.failed;
  }

  /** The first of all, for those who wait; empty when there is none. */
  get reason(): string {
    return [...this.others, ...this.byNetwork.values()][0] ?? this.left[0]?.problem ?? '';
  }

  get list(): NetworkProblem[] {
    const ofNetworks = [...this.byNetwork].map(([networkId, problem]) => ({ networkId, problem }));
    const general = [...this.others].map((problem) => ({ networkId: '', problem }));
    return [...ofNetworks, ...general, ...this.left].slice(0, MOST_SHOWN);
  }

  /** One network cannot be had, or not as a whole. The first reason counts. */
  of({ networkId }: OverlayLink, reason: string): void {
    this.failed = true;
    if (!this.byNetwork.has(networkId)) this.byNetwork.set(networkId, shortened(reason));
  }

  general(reason: string): void {
    this.failed = true;
    this.others.add(shortened(reason));
  }

  /** What a step gives, or something else when it fails: the steps after it are tried all the same. */
  async tried<T>(step: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await step();
    } catch (error) {
      this.general(messageOf(error));
      return otherwise;
    }
  }
}

function shortened(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
