import { delay } from '#common/concurrency';
import type { ControlPlane as ControlPlaneMessage } from '#common/dispatcher-proto';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import {
  isOwnByNature,
  readHostPort,
  writeHostPort,
  type BaseFilter,
  type BaseNeeds,
  type ControlPlace,
} from '#common/packet-filter';
import type { EtcdStore } from '#common/store';

/** How its parts are found and told of. */
export interface ControlPlaneParts {
  readonly etcd: Pick<EtcdStore, 'memberAddresses'>;
  /** What this manager itself listens on and is told of. */
  readonly own: readonly ControlPlace[];
  /** Networks that agents and managers are in, as CIDR. */
  readonly networks: readonly string[];
  /** `host:port` of all managers that are known. */
  readonly managers: () => readonly string[];
  /** This host's, which keeps containers and strangers away. */
  readonly filter: Pick<BaseFilter, 'update' | 'interfaces' | 'addressesOf'>;
  /** Hears of it when the addresses are others. */
  readonly changed: () => void;
  readonly logger: Logger;
}

/** Members of etcd come and go by people's hands. */
const REFRESH_MS = 30_000;

/** What the base rules of a manager's host protect, and whom they let in. */
export function toBaseNeeds(
  places: readonly ControlPlace[],
  networks: readonly string[],
  managers: readonly string[] = [],
): BaseNeeds {
  return { places: [...places, ...managers.flatMap(privatePlaceAt)], hosts: networks, hostPorts: [] };
}

/** Where the control plane is, as far as this manager knows: containers may not go there. */
export class ControlPlane {
  private members: readonly ControlPlace[] = [];
  private told = '';

  constructor(private readonly parts: ControlPlaneParts) {}

  /** What agents have to know: names resolved, this host's places at every address at which others reach it. */
  get message(): ControlPlaneMessage {
    const places = [...this.parts.own, ...this.members];
    return {
      addresses: this.addressesOf(places),
      userAddresses: this.addressesOf(places.filter(({ isOpenToUsers }) => isOpenToUsers)),
      networks: [...this.parts.networks],
    };
  }

  /** Asks etcd for its members; what was known stays when it does not answer. */
  async refresh(): Promise<void> {
    const { etcd, logger } = this.parts;
    try {
      this.members = (await etcd.memberAddresses()).flatMap(privatePlaceAt);
      await this.apply();
    } catch (error) {
      logger.debug({ reason: messageOf(error) }, "etcd's members are not known, or nobody could be told of them");
    }
  }

  /** The host's addresses are others, or managers have come or gone. */
  async apply(): Promise<void> {
    const { own, networks, managers, filter, changed } = this.parts;
    await filter.update(toBaseNeeds([...own, ...this.members], networks, managers()));
    const next = JSON.stringify(this.message);
    if (next === this.told) return;
    this.told = next;
    changed();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(REFRESH_MS, signal);
      if (!signal.aborted) await this.refresh();
    }
  }

  private addressesOf(places: readonly ControlPlace[]): string[] {
    const { interfaces } = this.parts.filter;
    const own = new Set(interfaces.addresses);
    const all = places.flatMap(({ host, port }) => {
      const addresses = this.parts.filter.addressesOf(host);
      const isHere = addresses.some((address) => own.has(address) || isOwnByNature(address));
      // What listens on all addresses of this host can be reached at each of them.
      const reachable = isHere && interfaces.uplinkAddresses.length > 0 ? [...interfaces.uplinkAddresses] : [];
      const elsewhere = addresses.filter((address) => reachable.length === 0 || !isOwnByNature(address));
      return [...elsewhere, ...reachable].map((address) => writeHostPort({ host: address, port }));
    });
    return [...new Set(all)].sort();
  }
}

/** Of etcd or a manager's dispatcher. */
function privatePlaceAt(text: string): ControlPlace[] {
  const place = readHostPort(text);
  return place ? [{ ...place, isOpenToUsers: false, isGuarded: true }] : [];
}
