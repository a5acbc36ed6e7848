export * from './any-text';
export * from './eventually';
export * from './private-etcd';
export * from './test-vault';
