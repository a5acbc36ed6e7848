import { readInteger, readQuoted } from './literals';
import type { Call, Expression, Path } from './syntax';
import type { TokenReader } from './token-reader';

/** Parentheses in each other, and stages of one pipeline: more than anybody reads, few enough to walk through. */
const MAX_DEPTH = 50;

/** Calls in each other: each stage of a pipeline is given the one before it, and parentheses may stand in every stage. */
const MAX_HEIGHT = 100;
/** More than anybody writes, few enough to be given to a function all at once. */
const MAX_ARGUMENTS = 1_000;

/** What an expression may name. */
export interface Names {
  isDeclared(variable: string): boolean;
}

/** Reads a pipeline, up to what cannot belong to it. @throws DomainError INVALID_ARGUMENT */
export function parsePipeline(reader: TokenReader, names: Names, depth = 0): Expression {
  if (depth > MAX_DEPTH) throw reader.problem(`more than ${MAX_DEPTH} levels of parentheses`);
  let value = parseCommand(reader, names, depth);
  for (let stages = 1; reader.take('mark', '|'); stages += 1) {
    if (stages >= MAX_DEPTH) throw reader.problem(`more than ${MAX_DEPTH} stages in one pipeline`);
    const at = reader.at;
    const stage = parseCommand(reader, names, depth);
    if (stage.kind !== 'call') throw reader.source.problem(at, 'only a function can stand after |');
    value = aCall(reader, stage, [...stage.args, value]);
  }
  return value;
}

/** One stage: a function with its arguments, or a value. */
function parseCommand(reader: TokenReader, names: Names, depth: number): Expression {
  const { at } = reader;
  const call = parseFunctionName(reader);
  if (call) {
    const args: Expression[] = [];
    for (let arg = parseOperand(reader, names, depth); arg; arg = parseOperand(reader, names, depth)) {
      if (args.length >= MAX_ARGUMENTS) throw reader.problem(`more than ${MAX_ARGUMENTS} arguments`);
      args.push(arg);
    }
    return aCall(reader, call, args);
  }
  const value = parseOperand(reader, names, depth);
  if (!value)
    throw reader.next ? reader.problem(`'${reader.next.text}' is not expected here`) : reader.problem('a value is missing');
  if (isOperandNext(reader)) throw reader.source.problem(at, 'only a function takes arguments');
  return value;
}

function aCall(reader: TokenReader, call: Call, args: readonly Expression[]): Call {
  const height = 1 + Math.max(0, ...args.map(heightOf));
  if (height > MAX_HEIGHT) throw reader.problem(`more than ${MAX_HEIGHT} functions in each other`);
  return { ...call, args, height };
}

function heightOf(expression: Expression): number {
  if (expression.kind === 'path') return heightOf(expression.of);
  return expression.kind === 'call' ? expression.height : 0;
}

/** A value, with the fields after it. Undefined when none comes next. */
function parseOperand(reader: TokenReader, names: Names, depth: number): Expression | undefined {
  const of = parseTerm(reader, names, depth);
  if (!of) return undefined;
  const fields: Path['fields'][number][] = [];
  while (reader.next?.kind === 'field' && (!reader.next.apart || (of.kind === 'dot' && fields.length === 0))) {
    const token = reader.take('field');
    if (token) fields.push({ name: token.text.slice(1), at: token.at });
  }
  if (reader.next?.kind === 'text' && !reader.next.apart) throw reader.problem('a space is missing');
  if (fields.length === 0) return of;
  if (of.kind === 'literal') throw reader.source.problem(of.at, 'this has no fields');
  return { kind: 'path', at: of.at, of, fields };
}

function parseTerm(reader: TokenReader, names: Names, depth: number): Expression | undefined {
  const { at } = reader;
  if (reader.next?.kind === 'field') return { kind: 'dot', at };
  if (reader.take('mark', '.')) return { kind: 'dot', at };
  if (reader.take('mark', '(')) return parseParentheses(reader, names, depth);
  const call = parseFunctionName(reader);
  if (call) return call;
  const variable = reader.take('variable')?.text;
  if (variable !== undefined) {
    if (!names.isDeclared(variable)) throw reader.source.problem(at, `undefined variable '${variable}'`);
    return { kind: 'variable', at, name: variable };
  }
  return parseLiteral(reader);
}

function parseParentheses(reader: TokenReader, names: Names, depth: number): Expression {
  const value = parsePipeline(reader, names, depth + 1);
  if (!reader.take('mark', ')')) throw reader.problem('a ) is missing');
  return value;
}

function parseLiteral(reader: TokenReader): Expression | undefined {
  const { at } = reader;
  if (reader.take('word', 'true')) return { kind: 'literal', at, value: true };
  if (reader.take('word', 'false')) return { kind: 'literal', at, value: false };
  const number = reader.take('number')?.text;
  if (number !== undefined) {
    const value = readInteger(number);
    if (value === undefined) throw reader.source.problem(at, `'${number}' is not a whole number`);
    return { kind: 'literal', at, value };
  }
  const quoted = reader.take('text')?.text;
  if (quoted === undefined) return undefined;
  const value = readQuoted(quoted);
  if (value === undefined) throw reader.source.problem(at, `${quoted} holds a \\ that means nothing`);
  return { kind: 'literal', at, value };
}

function parseFunctionName(reader: TokenReader): Call | undefined {
  const { at, next } = reader;
  if (next?.kind !== 'word' || next.text === 'true' || next.text === 'false') return undefined;
  const { functions } = reader.source.rules;
  if (!functions.has(next.text)) {
    throw reader.problem(`function '${next.text}' not defined; there are ${[...functions.keys()].join(', ')}`);
  }
  reader.take('word');
  return { kind: 'call', at, name: next.text, args: [], height: 1 };
}

function isOperandNext({ next }: TokenReader): boolean {
  return next !== undefined && (next.kind !== 'mark' || next.text === '(' || next.text === '.');
}
