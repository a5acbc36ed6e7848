export * from './call-deadline';
export * from './channel-options';
export * from './grpc-failure';
export * from './guarded-server';
export * from './tunnel-connection';
