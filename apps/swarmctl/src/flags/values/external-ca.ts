import { badValue, type ValueKind } from '../flag';
import { parseFields, unknownKey, valueOf } from './csv';

/** An authority outside of the cluster. */
export interface ExternalCa {
  readonly protocol: string;
  readonly url: string;
}

const KEYS = ['protocol', 'url'];

/** Reads `protocol=cfssl,url=https://…`. @throws DomainError INVALID_ARGUMENT */
export function parseExternalCa(text: string): ExternalCa {
  const given = { protocol: '', url: '' };
  for (const field of parseFields(text)) {
    if (field.key !== 'protocol' && field.key !== 'url') throw unknownKey(field, KEYS);
    given[field.key] = valueOf(field);
  }
  for (const key of ['protocol', 'url'] as const)
    if (given[key] === '') throw badValue(`'${text}' does not say its ${key}: ${key}=…`);
  return given;
}

export const externalCa: ValueKind<ExternalCa> = {
  placeholder: 'authority',
  example: 'protocol=cfssl,url=https://ca.example/sign',
  parse: parseExternalCa,
};
