export * from './defaults';
export * from './duration';
export * from './node-state';
export * from './placement';
export * from './restart-backoff';
export * from './sealed-value';
export * from './service-options';
export * from './task-state';
