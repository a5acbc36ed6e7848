import type { TemplateSource } from './template-source';

export type TokenKind = 'text' | 'number' | 'field' | 'variable' | 'word' | 'mark';

/** One word of an action. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
  /** Whether white space stands before it: `.a.b` is one path, `.a .b` are two. */
  readonly apart: boolean;
}

/** A template is text with actions in between. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly at: number; readonly tokens: readonly Token[] };

// No pattern here has two ways to match the same text, so that none takes longer than the text is long.
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['text', /"[^"\\\n]*(?:\\.[^"\\\n]*)*"|`[^`]*`/y],
  ['number', /[+-]?\d[\w.]*/y],
  ['field', /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['variable', /\$[\p{L}\p{Nd}_]*/uy],
  ['word', /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['mark', /:=|[()|=.,]/y],
];
const OPEN = '{{';
const TRIMMING_OPEN = /\{\{-\s/y;
const SPACE = /\s+/y;
// The dash that takes white space away has to stand apart.
const CLOSE = /\s*(?:\s-\}\}|\}\})/y;
const COMMENT = '/*';
const COMMENT_END = '*/';

/** Cuts a template into text and actions, with the white space gone that `{{-` and `-}}` take away. @throws DomainError INVALID_ARGUMENT */
export function tokenize(source: TemplateSource): Piece[] {
  const pieces: Piece[] = [];
  const { text } = source;
  let position = 0;
  let trimStart = false;
  for (;;) {
    const open = text.indexOf(OPEN, position);
    const before = text.slice(position, open === -1 ? undefined : open);
    const trimEnd = open !== -1 && matchAt(TRIMMING_OPEN, text, open) !== undefined;
    const kept = trimmed(before, trimStart, trimEnd);
    if (kept !== '') pieces.push({ kind: 'text', text: kept });
    if (open === -1) return pieces;
    const action = readAction(source, open, trimEnd);
    if (action.tokens) pieces.push({ kind: 'action', at: open, tokens: action.tokens });
    position = action.end;
    trimStart = action.trims;
  }
}

interface Action {
  /** Undefined for a comment. */
  readonly tokens: readonly Token[] | undefined;
  readonly end: number;
  readonly trims: boolean;
}

function readAction(source: TemplateSource, open: number, trimmingOpen: boolean): Action {
  const { text } = source;
  const start = open + OPEN.length + (trimmingOpen ? 2 : 0);
  if (text.startsWith(COMMENT, start)) return readComment(source, start);
  const tokens: Token[] = [];
  let position = start;
  for (;;) {
    const close = matchAt(CLOSE, text, position);
    if (close !== undefined) return { tokens, end: position + close.length, trims: close.endsWith('-}}') };
    const space = matchAt(SPACE, text, position) ?? '';
    position += space.length;
    const token = readToken(source, open, position, space !== '');
    tokens.push(token);
    position += token.text.length;
  }
}

function readComment(source: TemplateSource, start: number): Action {
  const end = source.text.indexOf(COMMENT_END, start);
  const close = end === -1 ? undefined : matchAt(CLOSE, source.text, end + COMMENT_END.length);
  if (close === undefined) throw source.problem(start, 'the comment does not end with */}}');
  return { tokens: undefined, end: end + COMMENT_END.length + close.length, trims: close.endsWith('-}}') };
}

function readToken(source: TemplateSource, open: number, at: number, apart: boolean): Token {
  for (const [kind, pattern] of PATTERNS) {
    const text = matchAt(pattern, source.text, at);
    if (text !== undefined) return { kind, text, at, apart };
  }
  if (at >= source.text.length) throw source.problem(open, 'the {{ is not followed by }}');
  const character = String.fromCodePoint(source.text.codePointAt(at) ?? 0);
  if (character === '"' || character === '`') throw source.problem(at, 'the quoted text does not end');
  throw source.problem(at, `'${character}' is not understood here`);
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function trimmed(text: string, start: boolean, end: boolean): string {
  const fromStart = start ? text.trimStart() : text;
  return end ? fromStart.trimEnd() : fromStart;
}
