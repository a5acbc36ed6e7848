export * from './command-alphabet';
export * from './ip-address';
export * from './kernel-value';
export * from './overlay';
export * from './predefined-networks';
export * from './address-pool';
export * from './subnet-pool';
export * from './published-ports';
