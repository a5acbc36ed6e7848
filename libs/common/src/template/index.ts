export * from './task-fields';
export * from './template';
export * from './template-budget';
export * from './templated-fields';
export * from './payload-rules';
export { FUNCTIONS, Misuse, type TemplateFunction } from './functions';
export { FIELD_RULES, type TemplateRules } from './template-source';
export {
  isTrue,
  printValue,
  TEXT,
  typeOfValue,
  type ObjectType,
  type ObjectValue,
  type TemplateType,
  type TemplateValue,
} from './value';
