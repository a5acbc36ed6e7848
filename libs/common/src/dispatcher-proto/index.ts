/** What agents and managers say to each other. Apart from the model, since it brings gRPC along, which a command line does not need. */
export * from '../proto/generated/swarm/v1/dispatcher';
