import type { Service } from '#common/proto';
import type { NamedKind } from './completion';
import type { ManagerApi } from './manager-api';
import { NAMESPACE_LABEL } from './stack/names';

/** Names of the objects of a kind; none when they cannot be had: a completion is no place for errors. */
export async function namesForCompletion(api: ManagerApi, kind: NamedKind): Promise<readonly string[]> {
  try {
    return await namesOf(api, kind);
  } catch {
    return [];
  }
}

async function namesOf(api: ManagerApi, kind: NamedKind): Promise<string[]> {
  switch (kind) {
    case 'service':
      return (await api.services({})).flatMap(({ object }) => object.spec?.name ?? []);
    case 'node':
      return (await api.nodes()).flatMap(({ object }) => object.description?.hostname ?? []);
    case 'network':
      return (await api.networks({})).map(({ object }) => object.name);
    case 'secret':
      return (await api.secrets.list({})).map(({ object }) => object.name);
    case 'config':
      return (await api.configs.list({})).map(({ object }) => object.name);
    case 'task':
      return taskNames(api);
    case 'stack':
      return stackNames(await api.services({ label: [NAMESPACE_LABEL] }));
  }
}

function stackNames(services: readonly { readonly object: Service }[]): string[] {
  return [...new Set(services.flatMap(({ object }) => object.spec?.labels[NAMESPACE_LABEL] ?? []))];
}

/** `web.3` for those that are to run: what `task exec` and `task logs` take. */
async function taskNames(api: ManagerApi): Promise<string[]> {
  const [tasks, services] = await Promise.all([api.tasks({ 'desired-state': ['running'] }), api.services({})]);
  const names = new Map(services.map(({ object }) => [object.id, object.spec?.name ?? '']));
  return tasks.flatMap(({ object }) => (object.slot > 0 ? `${names.get(object.serviceId) ?? ''}.${object.slot}` : object.id));
}
