export * from './decode-json';
export { allMessageSchemas, type FieldKind, type FieldSchema, type MessageSchema } from './message-schema';
