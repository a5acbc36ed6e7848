// JSON.stringify escapes the control characters of C0; these a terminal acts upon too.
const UNESCAPED = /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Indented JSON that is safe to show on a terminal. */
export function renderJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(UNESCAPED, escaped);
}
