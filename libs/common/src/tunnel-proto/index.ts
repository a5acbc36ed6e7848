/** What a tunnel to an engine is made of. Apart from the model, as dispatcher-proto. */
export * from '../proto/generated/swarm/v1/tunnel';
