export * from './object-store';
export * from './keys';
export * from './cluster-view';
