export * from './defaults';
export * from './duration';
export * from './job';
export * from './node-state';
export * from './restart-backoff';
export * from './service-options';
export * from './task-state';
