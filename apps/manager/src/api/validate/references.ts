import type { ConfigReference, ContainerSpec, FileTarget, SecretReference } from '#common/proto';
import { invalidSpec, unreadableSpec } from './api-errors';

type Kind = 'secret' | 'config';

interface Reference {
  id: string;
  name: string;
  file: FileTarget | undefined;
}

/** Checks what can be checked of references by themselves. @throws DomainError INVALID_ARGUMENT */
export function validateReferences({ secrets, configs }: ContainerSpec): void {
  if (configs.some(({ file, runtime }) => !file && !runtime)) {
    throw unreadableSpec('invalid Config: either File or Runtime should be set');
  }
  validateEach('secret', secrets.map(ofSecret));
  validateEach('config', configs.map(ofConfig));
}

const ofSecret = ({ secretId, secretName, file }: SecretReference): Reference => ({ id: secretId, name: secretName, file });
const ofConfig = ({ configId, configName, file }: ConfigReference): Reference => ({ id: configId, name: configName, file });

function validateEach(kind: Kind, references: readonly Reference[]): void {
  const byTarget = new Map<string, Reference>();
  for (const reference of references) {
    if (reference.id === '' || reference.name === '') throw invalidSpec(`malformed ${kind} reference`);
    if (!reference.file && kind === 'secret') throw invalidSpec('malformed secret reference: no file target (File) is given');
    if (!reference.file) continue;
    validateTarget(kind, reference, reference.file);
    const other = byTarget.get(reference.file.name);
    if (other) throw conflictingTarget(kind, other, reference);
    byTarget.set(reference.file.name, reference);
  }
}

/** Secrets go below /run/secrets unless they name another place; nothing goes up from there. */
function validateTarget(kind: Kind, { name }: Reference, file: FileTarget): void {
  const parts = file.name.split('/');
  if (file.name === '' || parts.includes('..') || file.name.includes('\0') || file.name.endsWith('/')) {
    throw invalidSpec(`malformed ${kind} reference: '${name}' has the invalid target '${file.name}' (File.Name)`);
  }
}

function conflictingTarget(kind: string, a: Reference, b: Reference): Error {
  return invalidSpec(`${kind} references '${a.name}' and '${b.name}' have a conflicting target: '${b.file?.name}'`);
}
