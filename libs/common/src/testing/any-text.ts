import fc from 'fast-check';

/** Any code point but a half of a surrogate pair, which no UTF-8 text holds. */
const codePoint = fc.oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }));

/** Any text at all. It is fast-check's unit `binary`, without the second that makes up its table of every code point. */
export const anyText = fc.string({ unit: codePoint.map((point) => String.fromCodePoint(point)) });
