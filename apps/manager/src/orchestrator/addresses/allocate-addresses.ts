import type { EndpointVirtualIp, NetworkAttachment, Network, Service, Task } from '#common/proto';
import type { Change } from '../change';
import { addressesOn, type AddressBook } from './address-book';
import { attachedNetworks } from './attached-networks';

/** What a pass does about the addresses of one service. */
export interface Allocation {
  changes: Change[];
  /** Tasks that cannot be placed for want of an address. */
  held: ReadonlySet<string>;
  /** The others of those to be placed, with their networks: what those are decides about nodes too. */
  placeable: Task[];
}

/**
 * Gives the service its virtual addresses, and each of `toPlace` its own: the one that the slot had before where that is free again.
 * Decides nothing on its own result.
 */
export function allocateAddresses(
  service: Service | undefined,
  tasks: readonly Task[],
  toPlace: readonly Task[],
  book: AddressBook,
): Allocation {
  const endpoint = service ? virtualAddresses(service, book) : { changes: [] };
  const changes: Change[] = [...endpoint.changes];
  const held = new Set<string>();
  const placeable: Task[] = [];
  for (const task of toPlace) {
    if (task.networksAttachments.length > 0) {
      placeable.push(task);
      continue;
    }
    const attachments = endpoint.problem ?? attachmentsOf(task, tasks, book);
    if (typeof attachments === 'string') {
      held.add(task.id);
      if (task.status?.err !== attachments) changes.push({ kind: 'holdTask', task, reason: attachments });
      continue;
    }
    if (attachments.length > 0) changes.push({ kind: 'attachTask', task, attachments });
    placeable.push({ ...task, networksAttachments: attachments });
  }
  return { changes, held, placeable };
}

/** The service's virtual addresses as they should be: those that it has stay, where they are still wanted. */
function virtualAddresses(service: Service, book: AddressBook): { changes: Change[]; problem?: string } {
  const { spec, endpoint } = service;
  const known = endpoint?.virtualIps ?? [];
  const isVip = (spec?.endpointSpec?.mode || 'vip') === 'vip';
  const targets = spec?.taskTemplate?.networks ?? [];
  const { networks } = isVip ? attachedNetworks(targets, spec?.endpointSpec, book.source) : { networks: [] };
  const virtualIps: EndpointVirtualIp[] = [];
  let problem: string | undefined;
  for (const network of networks) {
    const kept = known.filter(({ networkId }) => networkId === network.id);
    const addresses = kept.length > 0 ? kept.map(({ addr }) => addr) : book.take(network);
    if (addresses) virtualIps.push(...addresses.map((addr) => ({ networkId: network.id, addr })));
    else problem ??= `${noAddressLeft(network)} for the virtual address of the service`;
  }
  const isSame = virtualIps.length === known.length && virtualIps.every((vip, index) => vip.addr === known[index]?.addr);
  return {
    changes: isSame ? [] : [{ kind: 'setEndpoint', serviceId: service.id, virtualIps }],
    ...(problem !== undefined && { problem }),
  };
}

/** The task's place on each of its networks, or why it can have none. */
function attachmentsOf(task: Task, tasks: readonly Task[], book: AddressBook): NetworkAttachment[] | string {
  const { networks, missing } = attachedNetworks(task.spec?.networks ?? [], task.endpointSpec, book.source);
  const [absent] = missing;
  if (absent !== undefined) return `network ${absent} not found`;
  const attachments: NetworkAttachment[] = [];
  for (const network of networks) {
    const chosen = task.spec?.networkAttachmentSpec?.addresses ?? [];
    const notFree = chosen.find((address) => !book.isFree(network, address));
    if (notFree !== undefined) return `address ${notFree} is not free on network ${network.spec?.name ?? ''}`;
    const addresses = book.take(network, chosen.length > 0 ? chosen : formerAddresses(task, tasks, network.id));
    if (!addresses) return noAddressLeft(network);
    const { name = '', driver = '', options = {} } = network.spec ?? {};
    const spec = { name, driverConfiguration: { name: driver, options } };
    attachments.push({ network: { id: network.id, spec }, addresses });
  }
  return attachments;
}

/** What the tasks of the same slot had, the newest first. */
function formerAddresses(task: Task, tasks: readonly Task[], networkId: string): string[] {
  const isSameSlot = ({ slot, nodeId }: Task): boolean => slot === task.slot && (slot > 0 || nodeId === task.nodeId);
  return tasks
    .filter((other) => other.id !== task.id && isSameSlot(other))
    .sort((a, b) => b.generation - a.generation || (a.createdAt < b.createdAt ? 1 : -1))
    .flatMap((other) => addressesOn(other, networkId));
}

function noAddressLeft({ spec }: Network): string {
  return `no address left on network ${spec?.name ?? ''}`;
}
