import type { Payload, Payloads } from '#common/dispatcher-proto';
import { messageOf } from '#common/errors';
import type { Driver, Task } from '#common/proto';
import { keys, type ClusterView, type Vault } from '#common/store';
import { isStillToBeMade } from './assignment-diff';

/**
 * Secrets and configs of those tasks whose containers are still to be made: nobody else's, and no longer than they are needed.
 * @returns undefined when there are none
 */
export function payloadsFor(tasks: readonly Task[], view: ClusterView, vault: Vault): Payloads | undefined {
  const containers = tasks.filter(isStillToBeMade).flatMap(({ spec }) => spec?.containerSpec ?? []);
  const secretIds = new Set(containers.flatMap(({ secrets }) => secrets.map(({ secretId }) => secretId)));
  const configIds = new Set(containers.flatMap(({ configs }) => configs.map(({ configId }) => configId)));
  if (secretIds.size === 0 && configIds.size === 0) return undefined;
  return {
    secrets: [...secretIds].map((id) => secretPayload(id, view, vault)),
    configs: [...configIds].map((id) => configPayload(id, view)),
  };
}

function secretPayload(id: string, view: ClusterView, vault: Vault): Payload {
  const secret = view.secrets.get(id);
  if (!secret?.sealedData) return missing(id, `secret ${id} has been removed`);
  const { spec, sealedData } = secret;
  if (spec?.driver) return missing(id, `secret ${spec.name} comes from the driver ${spec.driver.name}, which is not available`);
  try {
    return { id, data: vault.unseal(sealedData, keys.secret(id)), templated: isTemplated(spec?.templating), problem: '' };
  } catch (error) {
    return missing(id, messageOf(error));
  }
}

function configPayload(id: string, view: ClusterView): Payload {
  const spec = view.configs.get(id)?.spec;
  if (!spec) return missing(id, `config ${id} has been removed`);
  return { id, data: spec.data, templated: isTemplated(spec.templating), problem: '' };
}

function missing(id: string, problem: string): Payload {
  return { id, data: Buffer.alloc(0), templated: false, problem };
}

function isTemplated(templating: Driver | undefined): boolean {
  return templating?.name === 'golang';
}
