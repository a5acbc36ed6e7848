export * from './ip-address';
export * from './overlay';
export * from './predefined-networks';
export * from './address-pool';
export * from './subnet-pool';
export * from './published-ports';
