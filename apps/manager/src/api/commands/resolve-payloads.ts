import type { ContainerSpec } from '#common/proto';
import { keys, type ClusterView, type Guard, type PayloadView } from '#common/store';
import { invalidSpec } from '../validate/api-errors';

/** Checks that every secret and config that a container refers to is there. @throws DomainError INVALID_ARGUMENT naming what is not */
export function requirePayloads(container: ContainerSpec | undefined, { secrets, configs }: ClusterView): void {
  const wanted = { secrets: container?.secrets ?? [], configs: container?.configs ?? [] };
  requireAll('secret', new Map(wanted.secrets.map(({ secretId, secretName }) => [secretId, secretName])), secrets);
  requireAll('config', new Map(wanted.configs.map(({ configId, configName }) => [configId, configName])), configs);
}

/** Fails when something that a container refers to has been removed. */
export function guardsOfPayloads(container: ContainerSpec | undefined): Guard[] {
  const secrets = (container?.secrets ?? []).map(({ secretId }) => keys.secret(secretId));
  const configs = (container?.configs ?? []).map(({ configId }) => keys.config(configId));
  return [...new Set([...secrets, ...configs])].map((key) => ({ key, exists: true }));
}

/** @param wanted names by id */
function requireAll(kind: 'secret' | 'config', wanted: ReadonlyMap<string, string>, known: PayloadView<unknown>): void {
  const missing = [...wanted].filter(([id]) => known.get(id) === undefined).map(([, name]) => name);
  if (missing.length > 0) throw invalidSpec(`${kind}${missing.length > 1 ? 's' : ''} not found: ${missing.join(', ')}`);
}
