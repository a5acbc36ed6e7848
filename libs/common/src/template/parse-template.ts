import { parsePipeline, type Names } from './parse-expression';
import type { Expression, TemplateNode } from './syntax';
import type { TemplateSource } from './template-source';
import { TokenReader } from './token-reader';
import { tokenize, type Piece } from './tokenize';

const MAX_DEPTH = 50;
/** Each look at a variable goes through those in scope. */
const MAX_VARIABLES = 100;
const BLOCKS = ['if', 'with', 'range'] as const;
const NOT_HERE = ['define', 'template', 'block', 'break', 'continue'];
/** The whole of what the template is given. */
const ROOT = '$';

/** A template that has been understood. */
export interface Template {
  readonly source: TemplateSource;
  readonly nodes: readonly TemplateNode[];
  /** Variables that get another value somewhere, maybe of another type. */
  readonly reassigned: ReadonlySet<string>;
}

/** Reads a template in Go's notation. @throws DomainError INVALID_ARGUMENT naming the place and what is not understood */
export function parseTemplate(source: TemplateSource): Template {
  const { maxCharacters } = source.rules;
  if (source.text.length > maxCharacters) {
    throw source.problem(0, `longer than ${maxCharacters} characters`);
  }
  return new TemplateParser(source, tokenize(source)).parse();
}

type BlockName = (typeof BLOCKS)[number];

class TemplateParser implements Names {
  private position = 0;
  private readonly variables: string[] = [ROOT];
  private readonly reassigned = new Set<string>();

  constructor(
    private readonly source: TemplateSource,
    private readonly pieces: readonly Piece[],
  ) {}

  parse(): Template {
    const nodes = this.parseList(0);
    const left = this.current();
    if (left) throw left.problem(`{{${left.next?.text}}} without a block before it`);
    return { source: this.source, nodes, reassigned: this.reassigned };
  }

  isDeclared(variable: string): boolean {
    return this.variables.includes(variable);
  }

  /** Everything up to an `end` or `else`, which is left for the caller. */
  private parseList(depth: number): TemplateNode[] {
    const nodes: TemplateNode[] = [];
    for (let piece = this.pieces[this.position]; piece; piece = this.pieces[this.position]) {
      const reader = this.current();
      if (reader && (reader.comes(['word', 'end']) || reader.comes(['word', 'else']))) break;
      this.position += 1;
      if (piece.kind === 'text') nodes.push(piece);
      else if (reader) nodes.push(this.parseAction(reader, depth));
    }
    return nodes;
  }

  private parseAction(reader: TokenReader, depth: number): TemplateNode {
    for (const block of BLOCKS) if (reader.take('word', block)) return this.parseBlock(reader, block, depth + 1);
    const word = reader.next?.kind === 'word' ? reader.next.text : '';
    if (NOT_HERE.includes(word)) throw reader.problem(`'${word}' cannot be used here`);
    const { at } = reader;
    const set = this.parseVariable(reader);
    const value = parsePipeline(reader, this, 0);
    reader.end();
    if (!set) return { kind: 'output', value };
    if (set.kind === 'declare') this.declare(reader, set.variable);
    return { kind: set.kind, at, variable: set.variable, value };
  }

  private parseBlock(reader: TokenReader, block: BlockName, depth: number): TemplateNode {
    if (depth > MAX_DEPTH) throw reader.problem(`more than ${MAX_DEPTH} blocks in each other`);
    const at = reader.start;
    const outer = this.variables.length;
    const header = block === 'range' ? this.parseRangeHeader(reader) : this.parseHeader(reader);
    const own = this.variables.length;
    const body = this.parseList(depth);
    this.variables.length = own;
    const otherwise = this.parseElse(at, block, depth);
    this.variables.length = outer;
    if (block !== 'range') return { kind: block, at, variable: header.variable, value: header.value, then: body, otherwise };
    return { kind: 'range', at, keyVariable: header.key, valueVariable: header.variable, over: header.value, body, otherwise };
  }

  private parseHeader(reader: TokenReader): BlockHeader {
    const set = this.parseVariable(reader);
    if (set?.kind === 'assign') throw reader.problem('a block can only set a variable of its own, with :=');
    const value = parsePipeline(reader, this, 0);
    reader.end();
    if (set) this.declare(reader, set.variable);
    return { key: undefined, variable: set?.variable, value };
  }

  private parseRangeHeader(reader: TokenReader): BlockHeader {
    if (!reader.comes(['variable'], ['mark', ','], ['variable'], ['mark', ':='])) return this.parseHeader(reader);
    const key = reader.take('variable')?.text;
    reader.take('mark', ',');
    const variable = reader.take('variable')?.text;
    reader.take('mark', ':=');
    const value = parsePipeline(reader, this, 0);
    reader.end();
    this.declare(reader, key ?? '', variable ?? '');
    return { key, variable, value };
  }

  /** What is after the first part of a block, with the `end`. */
  private parseElse(at: number, block: BlockName, depth: number): TemplateNode[] {
    const reader = this.current();
    if (!reader) throw this.source.problem(at, `{{${block}}} without {{end}}`);
    this.position += 1;
    if (reader.take('word', 'end')) {
      reader.end();
      return [];
    }
    reader.take('word', 'else');
    if (block === 'if' && reader.take('word', 'if')) return [this.parseBlock(reader, 'if', depth + 1)];
    reader.end();
    const otherwise = this.parseList(depth);
    const end = this.current();
    if (!end?.take('word', 'end'))
      throw end?.problem('{{end}} is expected here') ?? this.source.problem(at, `{{${block}}} without {{end}}`);
    end.end();
    this.position += 1;
    return otherwise;
  }

  private parseVariable(reader: TokenReader): { kind: 'declare' | 'assign'; variable: string } | undefined {
    const declares = reader.comes(['variable'], ['mark', ':=']);
    if (!declares && !reader.comes(['variable'], ['mark', '='])) return undefined;
    const { at } = reader;
    const variable = reader.take('variable')?.text ?? '';
    reader.take('mark');
    if (variable === ROOT) throw this.source.problem(at, '$ cannot be set');
    if (declares) return { kind: 'declare', variable };
    if (!this.isDeclared(variable)) throw this.source.problem(at, `undefined variable '${variable}'`);
    this.reassigned.add(variable);
    return { kind: 'assign', variable };
  }

  private declare(reader: TokenReader, ...variables: string[]): void {
    this.variables.push(...variables);
    if (this.variables.length > MAX_VARIABLES) throw reader.problem(`more than ${MAX_VARIABLES} variables`);
  }

  /** The action that comes next, if it is one. */
  private current(): TokenReader | undefined {
    const piece = this.pieces[this.position];
    return piece?.kind === 'action' ? new TokenReader(this.source, piece.tokens, piece.at) : undefined;
  }
}

interface BlockHeader {
  readonly key: string | undefined;
  readonly variable: string | undefined;
  readonly value: Expression;
}
