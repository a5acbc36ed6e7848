/** Canonical text per spec object; specs are immutable, so the text is computed once. */
const cache = new WeakMap<object, string>();

/** Equal for specs that say the same, whatever the order of their map entries. */
export function fingerprint(spec: object | undefined): string {
  if (!spec) return '';
  const known = cache.get(spec);
  if (known !== undefined) return known;
  const text = JSON.stringify(spec, sortedKeys);
  cache.set(spec, text);
  return text;
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
