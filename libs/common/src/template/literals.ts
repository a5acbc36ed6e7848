const INTEGER = /^[+-]?(?:0|[1-9][\d_]*|0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+)$/;
const ESCAPE = /\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|.)/gsu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};
const MAX_CODE_POINT = 0x10ffff;

/** A whole number as Go writes it; undefined when it is none, or more than can be counted exactly. */
export function readInteger(text: string): number | undefined {
  if (!INTEGER.test(text)) return undefined;
  const digits = text.replace(/^[+-]/, '').replaceAll('_', '');
  const value = text.startsWith('-') ? -Number(digits) : Number(digits);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The text that a quoted one stands for; undefined when it holds a `\` that means nothing. */
export function readQuoted(quoted: string): string | undefined {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return inner;
  let known = true;
  const text = inner.replace(ESCAPE, (_all, escape: string) => {
    const read = SHORT_ESCAPES[escape] ?? readCodePoint(escape);
    known &&= read !== undefined;
    return read ?? '';
  });
  return known ? text : undefined;
}

function readCodePoint(escape: string): string | undefined {
  const codePoint = escape.length > 1 ? Number.parseInt(escape.slice(1), 16) : Number.NaN;
  return codePoint <= MAX_CODE_POINT ? String.fromCodePoint(codePoint) : undefined;
}
