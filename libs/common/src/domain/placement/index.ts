export * from './constraint';
export * from './constraint-key';
export * from './constraint-problem';
export * from './ip-network';
export * from './read-number';
