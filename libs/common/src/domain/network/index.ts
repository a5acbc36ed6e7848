export * from './ip-address';
export * from './overlay';
