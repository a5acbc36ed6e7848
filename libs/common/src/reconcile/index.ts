export * from './reconciler';
export * from './run-reconciler';
export * from './work-queue';
