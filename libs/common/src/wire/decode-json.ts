import { DomainError } from '../errors';
import { messageSchema, type FieldKind, type FieldSchema, type MessageSchema } from './message-schema';

type JsonObject = Record<string, unknown>;

/** Where in the document a value stands, in the words of Go's decoder: `ServiceSpec.Mode.Replicated.Replicas`. */
type Path = string;

// Standard base64 with padding, which is what Go's decoder takes for bytes.
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What SwarmKit has its own words for, which name the field already. */
const AS_DOCKER_SAYS: ReadonlySet<string> = new Set(['Role', 'Availability']);

/** Longer values are cut in messages. */
const SHOWN_CHARACTERS = 60;

/** Writing this key into a plain object would change its prototype or be lost, so no map may carry it. */
const UNSAFE_KEY = '__proto__';

/**
 * Turns parsed JSON from a client into the canonical JSON that the generated `fromJSON` of `message` reads. Lenient where
 * Docker's decoder is: keys in any case (the last spelling wins), unknown keys ignored, null is "absent". Strict on types.
 * Depth is bounded by the message's own depth: what is unknown is never walked.
 * @throws DomainError INVALID_ARGUMENT naming the field
 */
export function decodeJson(message: string, raw: unknown): JsonObject {
  if (raw === null || raw === undefined) return {};
  if (!isJsonObject(raw)) {
    throw invalid(`json: cannot unmarshal ${jsonTypeOf(raw)} into Go value of type swarm.${message}`);
  }
  return decodeMessage(messageSchema(message), raw, message);
}

function decodeMessage(schema: MessageSchema, raw: JsonObject, path: Path): JsonObject {
  const canonical: JsonObject = {};
  for (const [key, value] of Object.entries(raw)) {
    const field = schema.fields.get(key.toLowerCase());
    if (!field || value === null || value === undefined) continue;
    canonical[field.jsonName] = decodeField(field, value, `${path}.${field.jsonName}`);
  }
  return canonical;
}

function decodeField(field: FieldSchema, value: unknown, path: Path): unknown {
  if (!field.repeated) return decodeValue(field.kind, value, path);
  if (!Array.isArray(value)) throw wrongType(value, path, `[]${goType(field.kind)}`);
  return value.map((item) => decodeItem(field.kind, item, path));
}

/** In a list, as in Go, null stands for the empty value of the item's type. */
function decodeItem(kind: FieldKind, item: unknown, path: Path): unknown {
  return item === null ? emptyValue(kind) : decodeValue(kind, item, path);
}

function decodeValue(kind: FieldKind, value: unknown, path: Path): unknown {
  switch (kind.is) {
    case 'string':
      return expectType('string', value, path, kind);
    case 'bool':
      return expectType('boolean', value, path, kind);
    case 'float':
      return decodeFloat(kind, value, path);
    case 'integer':
      return decodeInteger(kind, value, path);
    case 'bytes':
      return decodeBytes(kind, value, path);
    case 'enum':
      return decodeEnum(kind, value, path);
    case 'strings':
      return decodeStrings(kind, value, path);
    case 'map':
      return decodeMap(kind, value, path);
    case 'message':
      if (!isJsonObject(value)) throw wrongType(value, path, goType(kind));
      return decodeMessage(messageSchema(kind.name), value, path);
  }
}

function expectType(type: 'string' | 'boolean', value: unknown, path: Path, kind: FieldKind): unknown {
  if (typeof value !== type) throw wrongType(value, path, goType(kind));
  return value;
}

function decodeFloat(kind: FieldKind, value: unknown, path: Path): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongType(value, path, goType(kind));
  return withoutMinusZero(value);
}

/** Integers beyond 2^53 arrive rounded from the JSON parser, so they are refused rather than stored as another number. */
function decodeInteger(kind: Extract<FieldKind, { is: 'integer' }>, value: unknown, path: Path): number {
  if (typeof value !== 'number') throw wrongType(value, path, kind.goType);
  if (!Number.isInteger(value) || value < kind.min || value > kind.max) {
    throw invalid(
      `json: cannot unmarshal number ${value} into Go struct field ${path} of type ${kind.goType}` +
        ` (want an integer from ${kind.min} to ${kind.max})`,
    );
  }
  return withoutMinusZero(value);
}

/** Minus zero would not survive being written as JSON. */
function withoutMinusZero(value: number): number {
  return value + 0;
}

function decodeBytes(kind: FieldKind, value: unknown, path: Path): string {
  if (typeof value !== 'string') throw wrongType(value, path, goType(kind));
  if (!BASE64.test(value)) throw invalid(`illegal base64 data in ${path}`);
  return value;
}

function decodeEnum(kind: Extract<FieldKind, { is: 'enum' }>, value: unknown, path: Path): string {
  if (typeof value !== 'string') throw wrongType(value, path, `swarm.${kind.name}`);
  const known = kind.values.find((name) => name === value.toLowerCase());
  if (known === undefined) {
    const said = JSON.stringify(value.slice(0, SHOWN_CHARACTERS));
    const text = `invalid ${kind.name}: ${said}`;
    throw invalid(AS_DOCKER_SAYS.has(kind.name) ? text : `${text} in ${path} (want ${kind.values.join(', ')})`);
  }
  return known;
}

function decodeStrings(kind: FieldKind, value: unknown, path: Path): unknown[] {
  if (!Array.isArray(value)) throw wrongType(value, path, goType(kind));
  return value.map((item) => decodeItem({ is: 'string' }, item, path));
}

function decodeMap(kind: Extract<FieldKind, { is: 'map' }>, value: unknown, path: Path): JsonObject {
  if (!isJsonObject(value)) throw wrongType(value, path, goType(kind));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === UNSAFE_KEY) throw invalid(`${path}: the key "${UNSAFE_KEY}" cannot be stored`);
      return [key, decodeItem(kind.value, item, path)];
    }),
  );
}

function emptyValue(kind: FieldKind): unknown {
  switch (kind.is) {
    case 'string':
    case 'bytes':
      return '';
    case 'bool':
      return false;
    case 'float':
    case 'integer':
      return 0;
    case 'strings':
      return [];
    case 'enum':
      return kind.values[0];
    case 'map':
    case 'message':
      return {};
  }
}

function goType(kind: FieldKind): string {
  switch (kind.is) {
    case 'string':
    case 'bool':
      return kind.is;
    case 'float':
      return 'float32';
    case 'integer':
      return kind.goType;
    case 'bytes':
      return '[]uint8';
    case 'strings':
      return '[]string';
    case 'enum':
    case 'message':
      return `swarm.${kind.name}`;
    case 'map':
      return `map[string]${goType(kind.value)}`;
  }
}

function wrongType(value: unknown, path: Path, wanted: string): DomainError {
  return invalid(`json: cannot unmarshal ${jsonTypeOf(value)} into Go struct field ${path} of type ${wanted}`);
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Whether parsed JSON is an object, which a list is not. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(message: string): DomainError {
  return new DomainError('INVALID_ARGUMENT', message);
}
