export * from './eventually';
export * from './private-etcd';
