import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '#common/errors';
import type { Place, ValuePath } from '../place';
import { asTree, type Tree } from '../tree';

/** The published schema of the Compose specification, as data; `npm run compose-schema` refreshes it. */
export const SCHEMA_FILE = join(__dirname, 'compose.schema.json');
const MAX_ERRORS = 10;

let compiled: ValidateFunction | undefined;

function validator(): ValidateFunction {
  if (compiled) return compiled;
  const { $schema: _, ...schema } = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as Record<string, unknown>;
  // Formats are those of values that are read, with better words, later.
  compiled = new Ajv({ strict: false, allErrors: true, validateFormats: false, verbose: true }).compile(schema);
  return compiled;
}

/** A step of a JSON pointer is a number only where there is a list. */
function pathOf(pointer: string, root: unknown): ValuePath {
  let value: unknown = root;
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) {
      const index = Number(key);
      value = (value as unknown[])[index];
      return index;
    }
    value = asTree(value)[key];
    return key;
  });
}

interface Complaint {
  readonly path: ValuePath;
  readonly message: string;
}

/** The kinds that a value may be of, in words; several errors of this sort at one value are alternatives. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
  null: 'nothing',
};

const kindsOf = ({ schema }: ErrorObject): string[] => [schema as string | string[]].flat();

function complaintOf({ keyword, params, message = '' }: ErrorObject): { key?: string; message: string } {
  const { additionalProperty, missingProperty, allowedValues } = params as Record<string, unknown>;
  switch (keyword) {
    case 'additionalProperties':
      return { key: String(additionalProperty), message: 'is no key of the compose specification' };
    case 'required':
      return { message: `needs the key ${String(missingProperty)}` };
    case 'enum':
      return { message: `has to be one of ${(allowedValues as unknown[]).join(', ')}` };
    case 'uniqueItems':
      return { message: 'has the same item twice' };
    default:
      return { message };
  }
}

/** Keywords that only say that something inside them failed. */
const WRAPPERS = new Set(['oneOf', 'anyOf', 'allOf', 'if', 'not']);

/** Of the alternatives that a value could have been, only those are of interest that were followed furthest into it. */
function furthest(errors: readonly ErrorObject[]): ErrorObject[] {
  const wrapped = errors.filter(({ keyword }) => WRAPPERS.has(keyword)).map(({ instancePath }) => instancePath);
  const isBelow = (path: string, above: string): boolean => path.startsWith(`${above}/`);
  return errors.filter(({ keyword, instancePath }) => {
    if (WRAPPERS.has(keyword)) return false;
    if (keyword !== 'type' || !wrapped.includes(instancePath)) return true;
    return !errors.some(
      (other) => !WRAPPERS.has(other.keyword) && (isBelow(other.instancePath, instancePath) || isSame(other, instancePath)),
    );
  });
}

/** Another alternative took the value's kind and complains of what is in it. */
const isSame = (other: ErrorObject, path: string): boolean => other.instancePath === path && other.keyword !== 'type';

function toComplaints(errors: readonly ErrorObject[], root: Tree): Complaint[] {
  const complaints = new Map<string, Complaint>();
  const kinds = new Map<string, string[]>();
  for (const error of furthest(errors)) {
    const path = pathOf(error.instancePath, root);
    if (error.keyword === 'type') {
      kinds.set(error.instancePath, [...(kinds.get(error.instancePath) ?? []), ...kindsOf(error)]);
      const names = [...new Set(kinds.get(error.instancePath))].map((kind) => KINDS[kind] ?? kind);
      complaints.set(`${error.instancePath} type`, { path, message: `has to be ${names.join(' or ')}` });
      continue;
    }
    const { key, message } = complaintOf(error);
    complaints.set(`${error.instancePath} ${key} ${message}`, { path: key === undefined ? path : [...path, key], message });
  }
  return [...complaints.values()];
}

/**
 * Holds a document against the JSON schema of the compose specification.
 * @throws DomainError INVALID_ARGUMENT with one line for each fault, naming file, line and key
 */
export function requireValid(tree: Tree, place: Place): void {
  const validate = validator();
  if (validate(tree)) return;
  const lines = toComplaints(validate.errors ?? [], tree).map(({ path, message }) => place.at(...path).say(message));
  const more = lines.length > MAX_ERRORS ? [`and ${lines.length - MAX_ERRORS} more`] : [];
  throw new DomainError('INVALID_ARGUMENT', [...lines.slice(0, MAX_ERRORS), ...more].join('\n'));
}
