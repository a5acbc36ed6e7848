export * from './leave-key';
export * from './node-key';
export * from './object-id';
