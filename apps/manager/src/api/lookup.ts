import { isActive } from '#common/domain';
import { DomainError } from '#common/errors';
import type { Config, Network, Node, Secret, Service, Task } from '#common/proto';
import type { ClusterView, PayloadView } from '#common/store';

/**
 * Finds what a person or tool named: by whole id, else by whole name, else by a beginning of the id that only one has.
 * @throws DomainError NOT_FOUND · INVALID_ARGUMENT more than one matches
 */
export function findService(view: ClusterView, term: string): Service {
  const exact = view.service(term) ?? view.serviceByName(term);
  return exact ?? only('service', term, withIdPrefix(view.services(), term));
}

/** As findService; the name is the task's own, or `<service>.<slot>` for the one that fills the slot now. */
export function findTask(view: ClusterView, term: string): Task {
  const exact = view.task(term);
  if (exact) return exact;
  const tasks = view.tasks();
  const named = tasks.filter((task) => task.name === term);
  if (named.length > 0) return only('task', term, named);
  const inSlot = tasks.filter((task) => isActive(task) && `${task.serviceName}.${task.slot}` === term);
  // Start-first, two may fill a slot: the newer one is what becomes of it.
  const [newest] = inSlot.sort((a, b) => b.generation - a.generation || (a.createdAt < b.createdAt ? 1 : -1));
  return newest ?? only('task', term, withIdPrefix(tasks, term));
}

/** As findService; the name is the hostname, which several nodes may share. */
export function findNode(view: ClusterView, term: string): Node {
  const exact = view.node(term);
  if (exact) return exact;
  const named = view.nodesByHostname(term);
  return only('node', term, named.length > 0 ? named : withIdPrefix(view.nodes(), term));
}

/** As findService. */
export function findNetwork(view: ClusterView, term: string): Network {
  const exact = view.network(term) ?? view.networkByName(term);
  return exact ?? only('network', term, withIdPrefix(view.networks(), term));
}

/** As findService. */
export function findPayload<T extends Secret | Config>(kind: 'secret' | 'config', payloads: PayloadView<T>, term: string): T {
  const exact = payloads.get(term) ?? payloads.byName(term);
  return exact ?? only(kind, term, withIdPrefix(payloads.all(), term));
}

function withIdPrefix<T extends { id: string }>(objects: readonly T[], prefix: string): T[] {
  return prefix === '' ? [] : objects.filter((object) => object.id.startsWith(prefix));
}

function only<T>(kind: string, term: string, matches: readonly T[]): T {
  const [first] = matches;
  if (first === undefined) throw new DomainError('NOT_FOUND', `${kind} ${term} not found`);
  if (matches.length > 1) {
    throw new DomainError('INVALID_ARGUMENT', `${kind} ${term} is ambiguous (${matches.length} matches found)`);
  }
  return first;
}
