export * from './generated/swarm/v1/specs';
export * from './generated/swarm/v1/objects';
// Each generated file has metadata of its own under this name; the specs' is the one that wire/ reads field types from.
export { protoMetadata, type ProtoMetadata } from './generated/swarm/v1/specs';
export { protoMetadata as objectMetadata } from './generated/swarm/v1/objects';
