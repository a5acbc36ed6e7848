export * from './defaults';
export * from './duration';
export * from './node-state';
export * from './task-state';
