import { delay, supervise } from '#common/concurrency';
import type { ControlPlane as ControlPlaneMessage } from '#common/dispatcher-proto';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { ManagerPresence } from '#common/proto';
import {
  isOwnByNature,
  readHostPort,
  writeHostPort,
  type BaseFilter,
  type BaseNeeds,
  type ControlPlace,
} from '#common/packet-filter';
import type { EtcdStore, ViewChange } from '#common/store';

/** How its parts are found and told of. */
export interface ControlPlaneParts {
  readonly etcd: Pick<EtcdStore, 'memberAddresses'>;
  /** What this manager itself listens on and is told of. */
  readonly own: readonly ControlPlace[];
  /** Networks that agents and managers are in, as CIDR. */
  readonly networks: readonly string[];
  /** What all managers that are known say of themselves; this one may be among them. */
  readonly store: {
    readonly view: { managers(): readonly ManagerPlaces[] };
    onChange(listener: (changes: readonly ViewChange[]) => void): () => void;
  };
  /** This host's, which keeps containers and strangers away. */
  readonly filter: Pick<BaseFilter, 'update' | 'interfaces' | 'addressesOf'>;
  /** Hears of it when the addresses are others. */
  readonly changed: () => void;
  readonly logger: Logger;
}

/** Changes after which managers may be others. */
const MANAGER_KINDS: ReadonlySet<ViewChange['kind']> = new Set(['manager', 'everything']);

/** What a manager tells the others; a manager of an earlier version tells nothing but where agents connect. */
export type ManagerPlaces = Pick<ManagerPresence, 'agentAddress' | 'addresses' | 'userAddresses'>;

/** Where others reach the control plane, as `host:port`. */
type Reachable = Pick<ControlPlaneMessage, 'addresses' | 'userAddresses'>;

/** Members of etcd come and go by people's hands. */
const REFRESH_MS = 30_000;

/** What the base rules of a manager's host protect, and whom they let in. */
export function toBaseNeeds(places: readonly ControlPlace[], networks: readonly string[]): BaseNeeds {
  return { places, hosts: networks, hostPorts: [] };
}

/** Where the control plane is, as far as this manager knows: containers may not go there. */
export class ControlPlane {
  private members: readonly ControlPlace[] = [];
  private told = '';

  constructor(private readonly parts: ControlPlaneParts) {}

  /** What this manager tells the others: names resolved, its host's places at every address at which others reach it. */
  get own(): Reachable {
    const places = [...this.parts.own, ...this.members];
    return {
      addresses: this.addressesOf(places),
      userAddresses: this.addressesOf(places.filter(({ isOpenToUsers }) => isOpenToUsers)),
    };
  }

  /** What agents have to know, whichever manager they are connected to. */
  get message(): ControlPlaneMessage {
    return { ...united([this.own, ...this.parts.store.view.managers().map(reachableOf)]), networks: [...this.parts.networks] };
  }

  /** Asks etcd for its members; what was known stays when it does not answer. */
  async refresh(): Promise<void> {
    const { etcd, logger } = this.parts;
    try {
      this.members = (await etcd.memberAddresses()).flatMap((text) => placeAt(text, false));
      await this.apply();
    } catch (error) {
      logger.debug({ reason: messageOf(error) }, "etcd's members are not known, or nobody could be told of them");
    }
  }

  /** The host's addresses are others, or managers have come or gone, or say something else. */
  async apply(): Promise<void> {
    const { own, networks, store, filter, changed } = this.parts;
    const elsewhere = placesAt(united(store.view.managers().map(reachableOf)));
    await filter.update(toBaseNeeds([...own, ...this.members, ...elsewhere], networks));
    const next = JSON.stringify(this.message);
    if (next === this.told) return;
    this.told = next;
    changed();
  }

  /** Follows managers at once, and members of etcd by and by. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, logger } = this.parts;
    const unsubscribe = store.onChange((changes) => {
      if (changes.some(({ kind }) => MANAGER_KINDS.has(kind))) supervise(logger, 'control plane addresses', this.apply());
    });
    while (!signal.aborted) {
      await delay(REFRESH_MS, signal);
      if (!signal.aborted) await this.refresh();
    }
    unsubscribe();
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
    return sorted(all);
  }
}

function reachableOf({ agentAddress, addresses, userAddresses }: ManagerPlaces): Reachable {
  return { addresses: [agentAddress, ...addresses], userAddresses };
}

/** Users may go where all who know the place let them. */
function united(all: readonly Reachable[]): Reachable {
  const isPrivate = new Set(
    all.flatMap(({ addresses, userAddresses }) => addresses.filter((each) => !userAddresses.includes(each))),
  );
  return {
    addresses: sorted(all.flatMap(({ addresses }) => addresses)),
    userAddresses: sorted(all.flatMap(({ userAddresses }) => userAddresses).filter((each) => !isPrivate.has(each))),
  };
}

function placesAt({ addresses, userAddresses }: Reachable): ControlPlace[] {
  const forUsers = new Set(userAddresses);
  return addresses.flatMap((text) => placeAt(text, forUsers.has(text)));
}

function placeAt(text: string, isOpenToUsers: boolean): ControlPlace[] {
  const place = readHostPort(text);
  return place ? [{ ...place, isOpenToUsers, isGuarded: true }] : [];
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
