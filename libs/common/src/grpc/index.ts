export * from './channel-options';
export * from './tunnel-connection';
