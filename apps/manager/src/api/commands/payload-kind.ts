import { type Config, ConfigSpec, type Secret, SecretSpec, type ContainerSpec } from '#common/proto';
import {
  configWrites,
  keys,
  secretWrites,
  type ClusterView,
  type PayloadView,
  type PayloadWrites,
  type Vault,
} from '#common/store';
import { decodeJson } from '#common/wire';
import { MAX_CONFIG_BYTES, MAX_SECRET_BYTES } from '../validate/validate-payload';

/** What is common to the specs of secrets and configs. */
export type PayloadSpec = SecretSpec & ConfigSpec;

/** An object's parts besides its value. */
export type PayloadRecord = Pick<Secret, 'id' | 'createdAt' | 'updatedAt' | 'firstVersionId'>;

/** What tells secrets from configs. */
export interface PayloadKind<T extends Secret | Config> {
  readonly noun: 'secret' | 'config';
  readonly maxBytes: number;
  readonly writes: PayloadWrites<T>;
  of(view: ClusterView): PayloadView<T>;
  /** @throws DomainError INVALID_ARGUMENT */
  readSpec(body: unknown): PayloadSpec;
  /** The object with its value in the form in which it is stored. */
  make(record: PayloadRecord, spec: PayloadSpec, vault: Vault): T;
  /** The value in clear. @throws DomainError FAILED_PRECONDITION as Vault.unseal */
  valueOf(payload: T, vault: Vault): Buffer;
  /** Ids that a service refers to. */
  idsIn(container: ContainerSpec | undefined): string[];
  /** The container spec with what refers to one of `from` referring to `to`. */
  redirect(container: ContainerSpec, from: ReadonlySet<string>, to: string): ContainerSpec;
}

export const SECRET: PayloadKind<Secret> = {
  noun: 'secret',
  maxBytes: MAX_SECRET_BYTES,
  writes: secretWrites,
  of: (view) => view.secrets,
  readSpec: (body) => SecretSpec.fromJSON(decodeJson('SecretSpec', body)),
  make: (record, { data, ...spec }, vault) => ({
    ...record,
    version: undefined,
    spec: { ...spec, data: Buffer.alloc(0) },
    sealedData: vault.seal(data, keys.secret(record.id)),
  }),
  valueOf: ({ id, sealedData }, vault) => (sealedData ? vault.unseal(sealedData, keys.secret(id)) : Buffer.alloc(0)),
  idsIn: (container) => (container?.secrets ?? []).map(({ secretId }) => secretId),
  redirect: (container, from, to) => ({
    ...container,
    secrets: container.secrets.map((ref) => (from.has(ref.secretId) ? { ...ref, secretId: to } : ref)),
  }),
};

export const CONFIG: PayloadKind<Config> = {
  noun: 'config',
  maxBytes: MAX_CONFIG_BYTES,
  writes: configWrites,
  of: (view) => view.configs,
  readSpec: (body) => ({ ...ConfigSpec.fromJSON(decodeJson('ConfigSpec', body)), driver: undefined }),
  make: (record, { driver: _, ...spec }) => ({ ...record, version: undefined, spec }),
  valueOf: ({ spec }) => spec?.data ?? Buffer.alloc(0),
  idsIn: (container) => (container?.configs ?? []).map(({ configId }) => configId),
  redirect: (container, from, to) => ({
    ...container,
    configs: container.configs.map((ref) => (from.has(ref.configId) ? { ...ref, configId: to } : ref)),
  }),
};
