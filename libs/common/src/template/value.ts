/** What a template works with: text, whole numbers, truth, labels, lists, and the objects whose fields it may name. */
export type TemplateValue = string | number | boolean | LabelsValue | ListValue | ObjectValue;

/** Text by key. */
export interface LabelsValue {
  readonly kind: 'labels';
  readonly entries: ReadonlyMap<string, string>;
}

/** Values in their order. */
export interface ListValue {
  readonly kind: 'list';
  readonly items: readonly TemplateValue[];
}

/** Fields in the order in which they are printed. */
export interface ObjectValue {
  readonly kind: 'object';
  readonly fields: ReadonlyMap<string, TemplateValue>;
  /** Whether a field that is not there is nothing, and no mistake: of answers, which leave out what is empty. */
  readonly isOpen?: true;
}

/** What stands for a field that an open object does not have. */
export const NOTHING: ObjectValue = { kind: 'object', fields: new Map(), isOpen: true };

/**
 * What is known of a value before there is one, with its text, number or keys where these are fixed. `any` is what only the moment of
 * rendering tells.
 */
export type TemplateType =
  | { readonly kind: 'text' | 'number'; readonly literal?: string | number }
  | { readonly kind: 'labels'; readonly keys?: ReadonlySet<string> }
  | { readonly kind: 'truth' | 'list' | 'any' }
  | ObjectType;

export interface ObjectType {
  readonly kind: 'object';
  readonly fields: ReadonlyMap<string, TemplateType>;
}

export const TEXT: TemplateType = { kind: 'text' };
export const NUMBER: TemplateType = { kind: 'number' };
export const TRUTH: TemplateType = { kind: 'truth' };
export const ANY: TemplateType = { kind: 'any' };

/** The type of something that is there, with the value itself where it is text or a number. */
export function typeOfValue(value: TemplateValue): TemplateType {
  switch (typeof value) {
    case 'string':
      return { kind: 'text', literal: value };
    case 'number':
      return { kind: 'number', literal: value };
    case 'boolean':
      return TRUTH;
    default:
      if (value.kind === 'list') return { kind: 'list' };
      if (value.kind === 'object' && value.isOpen) return ANY;
      return known(knownTypes, value, () =>
        value.kind === 'labels' ? { kind: 'labels', keys: new Set(value.entries.keys()) } : objectTypeOf(value),
      );
  }
}

/** Whether a condition holds: nothing that is empty, zero or false does. */
export function isTrue(value: TemplateValue): boolean {
  if (typeof value !== 'object') return Boolean(value);
  if (value.kind === 'list') return value.items.length > 0;
  return value.kind === 'object' ? value.isOpen !== true || value.fields.size > 0 : value.entries.size > 0;
}

/** What has been found out about values that never change, once for however many templates ask. */
const sortedLabels = new WeakMap<LabelsValue, readonly [key: string, value: string][]>();
const printedLabels = new WeakMap<LabelsValue, string>();
const knownTypes = new WeakMap<LabelsValue | ObjectValue, TemplateType>();

function known<K extends object, V>(values: WeakMap<K, V>, key: K, find: () => V): V {
  const found = values.get(key) ?? find();
  values.set(key, found);
  return found;
}

/** Keys and values in the order of the keys' bytes, as Go prints and walks through a map. */
export function sortedEntries(labels: LabelsValue): readonly [key: string, value: string][] {
  return known(sortedLabels, labels, () =>
    [...labels.entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
}

/** A value as Go prints it. */
export function printValue(value: TemplateValue): string {
  if (typeof value !== 'object') return String(value);
  if (value.kind === 'labels') return known(printedLabels, value, () => printLabels(value));
  if (value.kind === 'list') return `[${value.items.map(printValue).join(' ')}]`;
  if (value.isOpen !== true) return `{${[...value.fields.values()].map(printValue).join(' ')}}`;
  const entries = [...value.fields].map(([name, field]) => `${name}:${printValue(field)}`);
  return value.fields.size === 0 ? '' : `map[${entries.join(' ')}]`;
}

function printLabels(labels: LabelsValue): string {
  return `map[${sortedEntries(labels)
    .map(([key, text]) => `${key}:${text}`)
    .join(' ')}]`;
}

function objectTypeOf({ fields }: ObjectValue): ObjectType {
  return { kind: 'object', fields: new Map([...fields].map(([name, value]) => [name, typeOfValue(value)])) };
}
