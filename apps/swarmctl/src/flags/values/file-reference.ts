import type { FileTarget } from '#common/proto';
import { badValue, type ValueKind } from '../flag';
import { parseFields, unknownKey, valueOf, type Field } from './csv';
import { parseWhole } from './numbers';

/** A secret or config by its name, and the file that it becomes in the container. */
export interface FileReference {
  readonly source: string;
  readonly file: FileTarget;
}

const KEYS = ['source', 'target', 'uid', 'gid', 'mode'];
const READABLE_BY_ALL = 0o444;

function newReference(source: string): FileReference {
  return { source, file: { name: '', uid: '0', gid: '0', mode: READABLE_BY_ALL } };
}

function withField(reference: FileReference, field: Field): FileReference {
  const value = valueOf(field);
  const { file } = reference;
  switch (field.key) {
    case 'source':
    case 'src':
      return { ...reference, source: value };
    case 'target':
      return { ...reference, file: { ...file, name: value } };
    case 'uid':
    case 'gid':
      return { ...reference, file: { ...file, [field.key]: value } };
    case 'mode':
      return { ...reference, file: { ...file, mode: parseWhole(value) } };
    default:
      throw unknownKey(field, KEYS);
  }
}

/**
 * Reads what is given to `--secret` or `--config`: a name, or `source=…,target=…,uid=…,gid=…,mode=…`.
 * @throws DomainError INVALID_ARGUMENT
 */
export function parseFileReference(text: string): FileReference {
  const isName = text !== '' && !/[=,"]/.test(text);
  const reference = isName ? newReference(text) : parseFields(text).reduce(withField, newReference(''));
  if (reference.source === '') throw badValue(`'${text}' does not say which one: source=NAME`);
  return reference.file.name === '' ? { ...reference, file: { ...reference.file, name: reference.source } } : reference;
}

/** A secret or a config; `noun` says which, for the help. */
export function fileReference(noun: string): ValueKind<FileReference> {
  return { placeholder: noun, example: `source=${noun},target=/run/${noun},mode=0440`, parse: parseFileReference };
}
