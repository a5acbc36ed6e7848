import { DomainError } from '../errors';
import { objectMetadata, protoMetadata } from '../proto';

/** What a JSON value of a field may be, in terms of the type checks that decoding makes. */
export type FieldKind =
  | { is: 'string' | 'bool' | 'float' | 'bytes' | 'strings' }
  | { is: 'integer'; goType: string; min: number; max: number }
  | { is: 'enum'; name: string; values: readonly string[] }
  | { is: 'message'; name: string }
  | { is: 'map'; value: FieldKind };

export interface FieldSchema {
  readonly jsonName: string;
  readonly kind: FieldKind;
  readonly repeated: boolean;
}

/** The fields of one message by lower-cased JSON name: Docker's clients write keys in any case. */
export interface MessageSchema {
  readonly name: string;
  readonly fields: ReadonlyMap<string, FieldSchema>;
}

/** The parts of the generated file descriptor that are read here. */
interface FieldDescriptor {
  readonly name: string;
  readonly jsonName: string;
  readonly label: number;
  readonly type: number;
  readonly typeName: string;
}

interface EnumDescriptor {
  readonly name: string;
  readonly value: readonly { readonly name: string }[];
}

interface MessageDescriptor {
  readonly name: string;
  readonly field: readonly FieldDescriptor[];
  readonly enumType: readonly EnumDescriptor[];
  readonly nestedType: readonly {
    readonly name: string;
    readonly field: readonly FieldDescriptor[];
    readonly options?: { readonly mapEntry?: boolean };
  }[];
}

const MAX_UINT32 = 2 ** 32 - 1;

// Numbers of google.protobuf.FieldDescriptorProto.Type and .Label.
const TYPE_MESSAGE = 11;
const TYPE_ENUM = 14;
const LABEL_REPEATED = 3;
const SCALARS: Readonly<Record<number, FieldKind>> = {
  1: { is: 'float' },
  2: { is: 'float' },
  3: { is: 'integer', goType: 'int64', min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
  4: { is: 'integer', goType: 'uint64', min: 0, max: Number.MAX_SAFE_INTEGER },
  5: { is: 'integer', goType: 'int32', min: -(2 ** 31), max: 2 ** 31 - 1 },
  8: { is: 'bool' },
  9: { is: 'string' },
  12: { is: 'bytes' },
  13: { is: 'integer', goType: 'uint32', min: 0, max: MAX_UINT32 },
};

/** The one foreign message that specs use, in the one way they use it: a list whose items are lists of strings. */
const LIST_VALUE = '.google.protobuf.ListValue';

const schemas = readSchemas(protoMetadata.fileDescriptor.messageType);

/**
 * The schema of a message of `specs.proto`, by its name without package (`ServiceSpec`).
 * @throws DomainError INTERNAL when there is no such message
 */
export function messageSchema(name: string): MessageSchema {
  const schema = schemas.get(name);
  if (!schema) throw new DomainError('INTERNAL', `specs.proto has no message ${name}`);
  return schema;
}

/** The schemas of everything that the API takes or shows: specs, and the objects that hold them. */
export function allMessageSchemas(): MessageSchema[] {
  return [...schemas.values(), ...readSchemas(objectMetadata.fileDescriptor.messageType).values()];
}

function readSchemas(messages: readonly MessageDescriptor[]): Map<string, MessageSchema> {
  return new Map(messages.map((message) => [message.name, readMessage(message)]));
}

function readMessage(message: MessageDescriptor): MessageSchema {
  const fields = message.field.map((field) => readField(message, field));
  return { name: message.name, fields: new Map(fields.map((field) => [field.jsonName.toLowerCase(), field])) };
}

function readField(owner: MessageDescriptor, field: FieldDescriptor): FieldSchema {
  const kind = kindOf(owner, field);
  return { jsonName: field.jsonName, kind, repeated: field.label === LABEL_REPEATED && kind.is !== 'map' };
}

function kindOf(owner: MessageDescriptor, field: FieldDescriptor): FieldKind {
  const name = field.typeName.slice(field.typeName.lastIndexOf('.') + 1);
  switch (field.type) {
    case TYPE_MESSAGE:
      if (field.typeName === LIST_VALUE) return { is: 'strings' };
      return mapKind(owner, name) ?? { is: 'message', name };
    case TYPE_ENUM:
      return { is: 'enum', name, values: enumValues(owner, name) };
    default:
      return scalarKind(field.type);
  }
}

/** A protobuf map is a repeated message that the compiler nests in its owner and marks. */
function mapKind(owner: MessageDescriptor, entryName: string): FieldKind | undefined {
  const entry = owner.nestedType.find((message) => message.name === entryName && message.options?.mapEntry);
  const value = entry?.field.find((field) => field.name === 'value');
  return value && { is: 'map', value: scalarKind(value.type) };
}

function enumValues(owner: MessageDescriptor, name: string): string[] {
  const type = owner.enumType.find((candidate) => candidate.name === name);
  return (type?.value ?? []).map((value) => value.name);
}

function scalarKind(type: number): FieldKind {
  const kind = SCALARS[type];
  if (!kind) throw new DomainError('INTERNAL', `specs.proto uses protobuf type ${type}, which decoding does not know`);
  return kind;
}
