import type { ConfigReference, FileTarget, SecretReference } from '#common/proto';
import type { ComposeService, FileUse } from '../../compose/model';
import { objectName } from '../names';
import type { ConvertContext } from './context';
import { byText } from './name-values';

// As Docker has it: a file that everybody may read.
const READABLE_BY_ALL = 0o444;

function toTarget({ source, target, uid = '0', gid = '0', mode = READABLE_BY_ALL }: FileUse): FileTarget {
  return { name: target ?? source, uid, gid, mode };
}

/** The secrets of a service as files. */
export function toSecrets({ secrets = [] }: ComposeService, { stack, model, ids }: ConvertContext): SecretReference[] {
  const references = secrets.map((use): SecretReference => {
    const secretName = objectName(stack, use.source, model.secrets[use.source] ?? {});
    return { file: toTarget(use), secretId: ids.secret(secretName), secretName };
  });
  return references.sort(byText(({ secretName }) => secretName));
}

/** The configs of a service: files, and the one that is its credential spec. */
export function toConfigs({ configs = [], credential_spec: spec }: ComposeService, context: ConvertContext): ConfigReference[] {
  const { stack, model, ids } = context;
  const references = configs.map((use): ConfigReference => {
    const configName = objectName(stack, use.source, model.configs[use.source] ?? {});
    return { file: toTarget(use), runtime: undefined, configId: ids.config(configName), configName };
  });
  if (spec?.config !== undefined) {
    const configName = objectName(stack, spec.config, model.configs[spec.config] ?? {});
    references.push({ file: undefined, runtime: {}, configId: ids.config(configName), configName });
  }
  return references.sort(byText(({ configName }) => configName));
}
