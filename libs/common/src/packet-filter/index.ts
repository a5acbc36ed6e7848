export * from './base-filter';
export * from './base-rules';
export * from './control-place';
export * from './host-commands';
export * from './interfaces';
export * from './users';
