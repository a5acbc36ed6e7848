export * from './task-fields';
export * from './template';
export * from './templated-fields';
export * from './payload-rules';
export type { ObjectValue } from './value';
