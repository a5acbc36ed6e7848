import type { TemplateSource } from './template-source';
import type { Token, TokenKind } from './tokenize';

/** The words of one action, read from left to right. */
export class TokenReader {
  private position = 0;

  constructor(
    readonly source: TemplateSource,
    private readonly tokens: readonly Token[],
    /** Where the action begins. */
    readonly start: number,
  ) {}

  get next(): Token | undefined {
    return this.tokens[this.position];
  }

  /** Where the next word is, or the action's beginning when there is none. */
  get at(): number {
    return this.next?.at ?? this.start;
  }

  /** The next word if it is of this kind, and says this; then the one after is next. */
  take(kind: TokenKind, text?: string): Token | undefined {
    const token = this.next;
    if (token?.kind !== kind || (text !== undefined && token.text !== text)) return undefined;
    this.position += 1;
    return token;
  }

  /** Whether these words come next, of which `undefined` is any of its kind. */
  comes(...expected: readonly (readonly [TokenKind, string?])[]): boolean {
    return expected.every(([kind, text], index) => {
      const token = this.tokens[this.position + index];
      return token?.kind === kind && (text === undefined || token.text === text);
    });
  }

  /** @throws DomainError INVALID_ARGUMENT when words are left */
  end(): void {
    if (this.next) throw this.problem(`'${this.next.text}' is not expected here`);
  }

  problem(what: string): Error {
    return this.source.problem(this.at, what);
  }
}
