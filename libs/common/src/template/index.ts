export * from './task-fields';
export * from './template';
export * from './templated-fields';
