import type { ConfigReference, FileTarget, SecretReference } from '#common/proto';
import { invalidSpec, unreadableSpec } from './refusal';

interface Reference {
  id: string;
  name: string;
  file: FileTarget | undefined;
}

/** This manager keeps no secrets yet, so that none can be found. @throws DomainError INVALID_ARGUMENT */
export function validateSecrets(secrets: readonly SecretReference[]): void {
  validateReferences(
    'secret',
    secrets.map(({ secretId, secretName, file }) => ({ id: secretId, name: secretName, file })),
  );
}

/** As validateSecrets. */
export function validateConfigs(configs: readonly ConfigReference[]): void {
  if (configs.some(({ file, runtime }) => !file && !runtime)) {
    throw unreadableSpec('invalid Config: either File or Runtime should be set');
  }
  validateReferences(
    'config',
    configs.map(({ configId, configName, file }) => ({ id: configId, name: configName, file })),
  );
}

function validateReferences(kind: 'secret' | 'config', references: readonly Reference[]): void {
  if (references.length === 0) return;
  const byTarget = new Map<string, Reference>();
  for (const reference of references) {
    if (reference.id === '' || reference.name === '') throw invalidSpec(`malformed ${kind} reference`);
    if (!reference.file) continue;
    const other = byTarget.get(reference.file.name);
    if (other) throw conflictingTarget(kind, other, reference);
    byTarget.set(reference.file.name, reference);
  }
  const names = references.map((reference) => reference.name).join(', ');
  throw invalidSpec(`${kind}${references.length > 1 ? 's' : ''} not found: ${names}`);
}

function conflictingTarget(kind: string, a: Reference, b: Reference): Error {
  return invalidSpec(`${kind} references '${a.name}' and '${b.name}' have a conflicting target: '${b.file?.name}'`);
}
