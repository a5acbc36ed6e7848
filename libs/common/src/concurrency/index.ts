export * from './async-queue';
export * from './concurrency-limit';
export * from './delay';
export * from './guarded';
export * from './process-guard';
export * from './supervise';
export * from './wall-clock';
