import { findPredefinedNetwork } from '#common/domain';
import { DomainError } from '#common/errors';
import type { NetworkAttachmentConfig, ServiceSpec } from '#common/proto';
import type { ClusterView, Guard } from '#common/store';
import { keys } from '#common/store';
import { invalidSpec } from '../validate/api-errors';

/**
 * The spec with the ids of its networks in place of their names.
 * @throws DomainError NOT_FOUND · INVALID_ARGUMENT the ingress network, which no service may name
 */
export function resolveNetworks(spec: ServiceSpec, view: ClusterView): ServiceSpec {
  const { taskTemplate } = spec;
  if (!taskTemplate) return spec;
  const resolved = (attachments: NetworkAttachmentConfig[]): NetworkAttachmentConfig[] =>
    attachments.map((attachment) => resolve(attachment, view));
  return {
    ...spec,
    networks: resolved(spec.networks),
    taskTemplate: { ...taskTemplate, networks: resolved(taskTemplate.networks) },
  };
}

/** Fails when a network of the spec has been removed. */
export function guardsOfNetworks({ taskTemplate }: ServiceSpec): Guard[] {
  const overlays = (taskTemplate?.networks ?? []).filter(({ target }) => !findPredefinedNetwork(target));
  return [...new Set(overlays.map(({ target }) => target))].map((target) => ({ key: keys.network(target), exists: true }));
}

function resolve(attachment: NetworkAttachmentConfig, view: ClusterView): NetworkAttachmentConfig {
  const { target } = attachment;
  if (findPredefinedNetwork(target)) return attachment;
  const network = view.network(target) ?? view.networkByName(target);
  if (!network) throw new DomainError('NOT_FOUND', `network ${target} not found`);
  if (network.spec?.ingress) throw invalidSpec('Service cannot be explicitly attached to the ingress network');
  return { ...attachment, target: network.id };
}
