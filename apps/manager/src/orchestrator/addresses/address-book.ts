import { AddressPool, isTerminal, observedState, type AddressCursors } from '#common/domain';
import type { Network, Service, Task } from '#common/proto';
import type { NetworkLookup } from './attached-networks';

/** What an address book is written from. */
export interface AddressSource extends NetworkLookup {
  services(): readonly Service[];
  tasksOnNetwork(networkId: string): readonly Task[];
}

/** Which addresses are taken, for one pass over services: what is taken in the pass is taken for the rest of it too. */
export class AddressBook {
  private readonly pools = new Map<string, AddressPool>();

  constructor(
    readonly source: AddressSource,
    private readonly cursors: AddressCursors,
  ) {}

  /**
   * Takes addresses on the network, those that are preferred where they are free.
   * @returns as `address/prefix`; undefined when none is left
   */
  take(network: Network, preferred: readonly string[] = []): string[] | undefined {
    return this.poolOf(network).take(preferred);
  }

  /** Whether an address belongs to the network and nobody has it. */
  isFree(network: Network, address: string): boolean {
    return this.poolOf(network).isFree(address);
  }

  private poolOf(network: Network): AddressPool {
    const known = this.pools.get(network.id) ?? this.write(network);
    this.pools.set(network.id, known);
    return known;
  }

  /** An address is given back when its task is known to have ended. A task on a node that is gone may still run there. */
  private write({ id, spec }: Network): AddressPool {
    const pool = new AddressPool(id, spec?.ipam?.config ?? [], this.cursors);
    for (const task of this.source.tasksOnNetwork(id)) if (!isTerminal(observedState(task))) pool.occupy(addressesOn(task, id));
    for (const { endpoint } of this.source.services())
      for (const { networkId, addr } of endpoint?.virtualIps ?? []) if (networkId === id) pool.occupy([addr]);
    return pool;
  }
}

/** The task's addresses on the network, as `address/prefix`. */
export function addressesOn(task: Task, networkId: string): string[] {
  return task.networksAttachments.filter(({ network }) => network?.id === networkId).flatMap(({ addresses }) => addresses);
}
