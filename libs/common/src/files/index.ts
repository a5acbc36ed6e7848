export * from './durable-file';
export * from './private-folder';
