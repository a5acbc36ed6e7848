import { DomainError } from '#common/errors';
import type { GenericResource } from '#common/proto';

/** Kinds become names of environment variables, and both are listed with commas: neither may hold what would break that. */
const KIND = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const VALUE = /^[A-Za-z0-9][A-Za-z0-9_.:/-]*$/;
const NUMBER = /^[-+]?[\d.]+$/;

/**
 * Reads what a node offers besides processors and memory: `KIND=COUNT` for so many alike, `KIND=VALUE` for each one with a name of its
 * own; several with commas in between. What was read before is `known`.
 * @throws DomainError INVALID_ARGUMENT
 */
export function addGenericResources(text: string, known: readonly GenericResource[]): GenericResource[] {
  return text.split(',').reduce((all, entry) => [...all, readEntry(entry.trim(), all)], [...known]);
}

/** The kind of either form; '' of neither. */
export function kindOf({ namedResourceSpec: named, discreteResourceSpec: discrete }: GenericResource): string {
  return (named ?? discrete)?.kind ?? '';
}

function readEntry(entry: string, known: readonly GenericResource[]): GenericResource {
  const [kind = '', value = '', ...more] = entry.split('=');
  if (!KIND.test(kind) || value === '' || more.length > 0) {
    throw invalid(`"${entry}" is no generic resource: give KIND=COUNT, such as ssd=2, or KIND=VALUE, such as gpu=UUID1`);
  }
  const sameKind = known.filter((other) => kindOf(other) === kind);
  return NUMBER.test(value) ? discrete(kind, value, sameKind) : named(kind, value, sameKind);
}

function discrete(kind: string, text: string, sameKind: readonly GenericResource[]): GenericResource {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw invalid(`"${text}" is no count of ${kind}: give a whole number from 0`);
  if (sameKind.length > 0) throw invalid(`${kind} is given already: give one count, or a name for each, but not both`);
  return { discreteResourceSpec: { kind, value }, namedResourceSpec: undefined };
}

function named(kind: string, value: string, sameKind: readonly GenericResource[]): GenericResource {
  if (!VALUE.test(value))
    throw invalid(`"${value}" cannot name a ${kind}: use letters, digits and . _ - : /, a letter or digit first`);
  if (sameKind.some(({ discreteResourceSpec }) => discreteResourceSpec)) {
    throw invalid(`${kind} is given already: give one count, or a name for each, but not both`);
  }
  if (sameKind.some(({ namedResourceSpec }) => namedResourceSpec?.value === value))
    throw invalid(`${kind}=${value} is given twice`);
  return { namedResourceSpec: { kind, value }, discreteResourceSpec: undefined };
}

function invalid(message: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', message);
}
