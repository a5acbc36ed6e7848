import { callType, NOT_RANGED, noSuchLabel } from './check-template';
import { Misuse, type TemplateFunction } from './functions';
import type { Template } from './parse-template';
import type { Call, Choice, Expression, Loop, Path, SetVariable, TemplateNode } from './syntax';
import { unknownField } from './unknown-field';
import type { TemplateBudget } from './template-budget';
import { isTrue, NOTHING, printValue, sortedEntries, typeOfValue, type ObjectValue, type TemplateValue } from './value';

/** Parts of a template that are looked at, each time they are: loops in loops come to an end. */
const MAX_STEPS = 10_000;
const ROOT = '$';

/**
 * The template's text with the values filled in. The same template and values give the same text.
 * @param budget of all templates that are filled in together
 * @throws DomainError INVALID_ARGUMENT when a value does not exist or fit, the result would be too long, or the budget is spent
 */
export function renderTemplate(template: Template, values: ObjectValue, budget: TemplateBudget): string {
  return new TemplateRenderer(template, values, budget).render();
}

function fieldOf({ fields, isOpen }: ObjectValue, name: string): TemplateValue | undefined {
  return fields.get(name) ?? (isOpen ? NOTHING : undefined);
}

/** What `range` goes through; undefined for what it cannot. */
function entriesOf(value: TemplateValue): readonly [key: TemplateValue, value: TemplateValue][] | undefined {
  if (typeof value !== 'object') return undefined;
  if (value.kind === 'list') return [...value.items.entries()];
  if (value.kind === 'labels') return sortedEntries(value);
  return value.isOpen ? [...value.fields].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))) : undefined;
}

/** Characters that a function has to handle, told before it does. */
function costOf(called: TemplateFunction | undefined, args: readonly TemplateValue[]): number {
  const read = args.filter((arg) => typeof arg !== 'object' || called?.looksInto !== true);
  return read.reduce<number>((sum, arg) => sum + printValue(arg).length, called?.most?.(...args) ?? 0);
}

class TemplateRenderer {
  private readonly variables: [name: string, value: TemplateValue][];
  private readonly parts: string[] = [];
  private length = 0;
  private steps = 0;
  /** Loops that are gone through now, one in the other. */
  private loops = 0;

  constructor(
    private readonly template: Template,
    private readonly root: ObjectValue,
    private readonly budget: TemplateBudget,
  ) {
    this.variables = [[ROOT, root]];
  }

  render(): string {
    this.renderList(this.template.nodes, this.root);
    return this.parts.join('');
  }

  private renderList(nodes: readonly TemplateNode[], dot: TemplateValue): void {
    const outer = this.variables.length;
    for (const node of nodes) this.renderNode(node, dot);
    this.variables.length = outer;
  }

  private renderNode(node: TemplateNode, dot: TemplateValue): void {
    switch (node.kind) {
      case 'text':
        // What stands in the template once is as long as the template; what a loop repeats is not.
        if (this.loops > 0) this.spend(0, { characters: node.text.length });
        this.write(node.text, 0);
        return;
      case 'output':
        this.output(node.value, dot);
        return;
      case 'declare':
      case 'assign':
        this.set(node, dot);
        return;
      case 'if':
      case 'with':
        this.renderChoice(node, dot);
        return;
      case 'range':
        this.renderLoop(node, dot);
    }
  }

  private output(value: Expression, dot: TemplateValue): void {
    const text = printValue(this.valueOf(value, dot));
    this.spend(value.at, { characters: text.length });
    this.write(text, value.at);
  }

  private set({ kind, variable, value, at }: SetVariable, dot: TemplateValue): void {
    const result = this.valueOf(value, dot);
    if (kind === 'declare') {
      this.variables.push([variable, result]);
      return;
    }
    const known = this.variables.findLast(([name]) => name === variable);
    if (!known) throw this.problem(at, `undefined variable '${variable}'`);
    known[1] = result;
  }

  private renderChoice({ kind, variable, value, then, otherwise }: Choice, dot: TemplateValue): void {
    const result = this.valueOf(value, dot);
    const outer = this.variables.length;
    if (variable !== undefined) this.variables.push([variable, result]);
    if (isTrue(result)) this.renderList(then, kind === 'with' ? result : dot);
    else this.renderList(otherwise, dot);
    this.variables.length = outer;
  }

  private renderLoop({ over, keyVariable, valueVariable, body, otherwise }: Loop, dot: TemplateValue): void {
    const entries = entriesOf(this.valueOf(over, dot));
    if (!entries) throw this.problem(over.at, NOT_RANGED);
    const outer = this.variables.length;
    this.loops += 1;
    for (const [key, value] of entries) {
      this.step(over.at);
      if (keyVariable !== undefined) this.variables.push([keyVariable, key]);
      if (valueVariable !== undefined) this.variables.push([valueVariable, value]);
      this.renderList(body, value);
      this.variables.length = outer;
    }
    this.loops -= 1;
    if (entries.length === 0) this.renderList(otherwise, dot);
  }

  private valueOf(expression: Expression, dot: TemplateValue): TemplateValue {
    this.step(expression.at);
    switch (expression.kind) {
      case 'literal':
        return expression.value;
      case 'dot':
        return dot;
      case 'variable': {
        const known = this.variables.findLast(([name]) => name === expression.name);
        if (!known) throw this.problem(expression.at, `undefined variable '${expression.name}'`);
        return known[1];
      }
      case 'path':
        return this.valueOfPath(expression, dot);
      case 'call':
        return this.valueOfCall(expression, dot);
    }
  }

  private valueOfPath({ of, fields }: Path, dot: TemplateValue): TemplateValue {
    const base = this.valueOf(of, dot);
    let value = base;
    for (const { name, at } of fields) {
      if (typeof value !== 'object' || value.kind === 'list') {
        throw this.problem(at, `.${name} of a ${typeOfValue(value).kind} does not exist`);
      }
      const next: TemplateValue | undefined = value.kind === 'labels' ? value.entries.get(name) : fieldOf(value, name);
      if (next === undefined) {
        throw this.problem(at, value.kind === 'labels' ? noSuchLabel(name) : unknownField(typeOfValue(base), fields));
      }
      value = next;
    }
    return value;
  }

  private valueOfCall(call: Call, dot: TemplateValue): TemplateValue {
    const args = this.argumentsOf(call, dot);
    const called = this.template.source.rules.functions.get(call.name);
    this.spend(call.at, { characters: costOf(called, args) });
    const type = callType(called, args.map(typeOfValue));
    const result = type instanceof Misuse ? type : called?.call(...args);
    if (result === undefined || result instanceof Misuse)
      throw this.problem(call.at, `${call.name}: ${result?.reason ?? 'no result'}`);
    if (typeof result === 'string') {
      this.spend(call.at, { characters: result.length });
      if (result.length > this.maxCharacters) throw this.tooLong(call.at);
    }
    return result;
  }

  /** Of `and` and `or` only those up to the one that decides. */
  private argumentsOf({ name, args }: Call, dot: TemplateValue): TemplateValue[] {
    const values: TemplateValue[] = [];
    for (const arg of args) {
      const value = this.valueOf(arg, dot);
      values.push(value);
      if ((name === 'and' && !isTrue(value)) || (name === 'or' && isTrue(value))) break;
    }
    return values;
  }

  private write(text: string, at: number): void {
    this.length += text.length;
    if (this.length > this.maxCharacters) throw this.tooLong(at);
    this.parts.push(text);
  }

  private step(at: number): void {
    this.steps += 1;
    if (this.steps > MAX_STEPS) throw this.problem(at, `it takes more than ${MAX_STEPS} steps`);
    this.spend(at, { steps: 1 });
  }

  private spend(at: number, cost: Parameters<TemplateBudget['spend']>[0]): void {
    this.budget.spend(cost);
    if (this.budget.isSpent) throw this.problem(at, this.budget.problem);
  }

  private get maxCharacters(): number {
    return this.template.source.rules.maxCharacters;
  }

  private tooLong(at: number): Error {
    return this.problem(at, `the result is longer than ${this.maxCharacters} characters`);
  }

  private problem(at: number, what: string): Error {
    return this.template.source.problem(at, what);
  }
}
