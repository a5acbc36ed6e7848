import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DomainError, messageOf } from '#common/errors';
import type { Surroundings } from '../../flags/spec/surroundings';
import type { CreateFlags } from '../../flags/tables/create-flags';
import type { UpdateFlags } from '../../flags/tables/update-flags';
import type { ManagerApi } from '../../manager-api';
import type { Session } from '../../session';
import type { Tools } from '../command';

/** The names in flags that stand for objects of the cluster, and the files to read. */
interface Wanted {
  readonly networks: readonly string[];
  readonly secrets: readonly string[];
  readonly configs: readonly string[];
  readonly envFiles: readonly string[];
}

async function readEnvFile(session: Session, path: string): Promise<{ path: string; text: string }> {
  try {
    return { path, text: await readFile(resolve(session.cwd, path), 'utf8') };
  } catch (error) {
    throw new DomainError('INVALID_ARGUMENT', `--env-file ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function secretOrConfigIds(
  api: ManagerApi,
  collection: 'secrets' | 'configs',
  names: readonly string[],
): Promise<Map<string, string>> {
  if (names.length === 0) return new Map();
  const ids = await api.idsByName(collection, names);
  const missing = names.find((name) => !ids.has(name));
  if (missing !== undefined) throw new DomainError('NOT_FOUND', `${collection.slice(0, -1)} ${missing} not found`);
  return ids;
}

async function networkIds(api: ManagerApi, names: readonly string[]): Promise<Map<string, string>> {
  const unique = [...new Set(names)];
  return new Map(await Promise.all(unique.map(async (name): Promise<[string, string]> => [name, await api.networkId(name)])));
}

async function lookUp({ session, api }: Tools, wanted: Wanted): Promise<Surroundings> {
  const [networks, secrets, configs, envFiles] = await Promise.all([
    networkIds(api, wanted.networks),
    secretOrConfigIds(api, 'secrets', wanted.secrets),
    secretOrConfigIds(api, 'configs', wanted.configs),
    Promise.all(wanted.envFiles.map((path) => readEnvFile(session, path))),
  ]);
  return {
    shell: session.env,
    envFiles,
    networkIds: networks,
    secretIds: secrets,
    configIds: configs,
    absolutePath: (path) => resolve(session.cwd, path),
  };
}

function credentialConfigs({ credentialSpec }: Pick<CreateFlags, 'credentialSpec'>): string[] {
  return credentialSpec?.kind === 'config' ? [credentialSpec.name] : [];
}

/** Looks up what the flags of `service create` refer to. @throws DomainError NOT_FOUND · INVALID_ARGUMENT an unreadable file */
export function surroundingsOfCreate(tools: Tools, flags: CreateFlags): Promise<Surroundings> {
  return lookUp(tools, {
    networks: (flags.network ?? []).map(({ target }) => target),
    secrets: (flags.secret ?? []).map(({ source }) => source),
    configs: [...(flags.config ?? []).map(({ source }) => source), ...credentialConfigs(flags)],
    envFiles: flags.envFile ?? [],
  });
}

/** Looks up what the flags of `service update` refer to. @throws DomainError NOT_FOUND */
export function surroundingsOfUpdate(tools: Tools, flags: UpdateFlags): Promise<Surroundings> {
  return lookUp(tools, {
    networks: [...(flags.networkAdd ?? []).map(({ target }) => target), ...(flags.networkRm ?? [])],
    secrets: (flags.secretAdd ?? []).map(({ source }) => source),
    configs: [...(flags.configAdd ?? []).map(({ source }) => source), ...credentialConfigs(flags)],
    envFiles: [],
  });
}
