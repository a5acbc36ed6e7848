import { readHostPort, type BaseNeeds, type ControlPlace } from '#common/packet-filter';
import type { NetworkState } from './network-state';
import { DNS_PORT } from './nft-rules';
import { bridgeOf } from './overlay-link';

/** What the agent knows of itself from its command line. */
export interface OwnPlaces {
  /** `host:port` each. */
  readonly managers: readonly string[];
  /** `host:port` of its metrics, if they are served. */
  readonly statusListen: string | undefined;
}

/** What a host's base rules protect: from the start what the command line names, then what managers tell. */
export function toBaseNeeds({ managers, statusListen }: OwnPlaces, state: NetworkState): BaseNeeds {
  const { addresses, userAddresses, networks } = state.controlPlane;
  const forUsers = new Set(userAddresses);
  const told = [...managers, ...addresses].flatMap((text) =>
    placesAt(text, { isOpenToUsers: forUsers.has(text), isGuarded: false }),
  );
  const status = statusListen === undefined ? [] : placesAt(statusListen, { isOpenToUsers: true, isGuarded: true });
  return {
    places: [...told, ...status],
    hosts: networks,
    // Agents of one cluster have their metrics at one port, as a rule.
    hostPorts: status.filter(({ host }) => !isLoopback(host)).map(({ port }) => port),
    names: { port: DNS_PORT, bridges: [...new Set([...state.networks.values()].flatMap((network) => bridgeOf(network) ?? []))] },
  };
}

function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || host.startsWith('127.');
}

function placesAt(text: string, who: Pick<ControlPlace, 'isOpenToUsers' | 'isGuarded'>): ControlPlace[] {
  const place = readHostPort(text);
  return place ? [{ ...place, ...who }] : [];
}
