export * from './object-store';
export * from './keys';
export * from './cluster-view';
export * from './cluster-store';
export * from './etcd-store';
export * from './join';
export * from './service-writes';
