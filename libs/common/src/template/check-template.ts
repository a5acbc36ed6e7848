import { Misuse, type TemplateFunction } from './functions';
import type { Template } from './parse-template';
import type { Call, Choice, Expression, Loop, Path, TemplateNode } from './syntax';
import { unknownField } from './unknown-field';
import { ANY, TEXT, typeOfValue, type TemplateType } from './value';

const ROOT = '$';

/**
 * Finds what would fail wherever the template is rendered: fields that do not exist, functions with arguments that do not fit.
 * @param type what the template will be given; labels may say their keys
 * @throws DomainError INVALID_ARGUMENT naming the place, and what there is instead
 */
export function checkTemplate(template: Template, type: TemplateType): void {
  new TemplateChecker(template, type).check();
}

/** Where in the template the check is. */
interface Place {
  readonly dot: TemplateType;
  /** Whether this part is rendered whatever the values are. */
  readonly certain: boolean;
}

class TemplateChecker {
  /** Innermost last. */
  private readonly variables: [name: string, type: TemplateType][];

  constructor(
    private readonly template: Template,
    private readonly root: TemplateType,
  ) {
    this.variables = [[ROOT, root]];
  }

  check(): void {
    this.checkList(this.template.nodes, { dot: this.root, certain: true });
  }

  private checkList(nodes: readonly TemplateNode[], place: Place): void {
    const outer = this.variables.length;
    for (const node of nodes) this.checkNode(node, place);
    this.variables.length = outer;
  }

  private checkNode(node: TemplateNode, place: Place): void {
    switch (node.kind) {
      case 'text':
        return;
      case 'output':
        this.typeOf(node.value, place);
        return;
      case 'declare':
        this.declare(node.variable, this.typeOf(node.value, place));
        return;
      case 'assign':
        this.typeOf(node.value, place);
        return;
      case 'if':
      case 'with':
        this.checkChoice(node, place);
        return;
      case 'range':
        this.checkLoop(node, place);
    }
  }

  private checkChoice(node: Choice, place: Place): void {
    const type = this.typeOf(node.value, place);
    const outer = this.variables.length;
    this.declare(node.variable, type);
    this.checkList(node.then, { dot: node.kind === 'with' ? type : place.dot, certain: false });
    this.checkList(node.otherwise, { dot: place.dot, certain: false });
    this.variables.length = outer;
  }

  private checkLoop(node: Loop, place: Place): void {
    const type = this.typeOf(node.over, place);
    if (type.kind !== 'labels' && type.kind !== 'list' && type.kind !== 'any')
      throw this.template.source.problem(node.over.at, NOT_RANGED);
    const outer = this.variables.length;
    const [key, value] = type.kind === 'labels' ? [TEXT, TEXT] : [ANY, ANY];
    this.declare(node.keyVariable, key);
    this.declare(node.valueVariable, value);
    this.checkList(node.body, { dot: value, certain: false });
    this.checkList(node.otherwise, { dot: place.dot, certain: false });
    this.variables.length = outer;
  }

  private declare(name: string | undefined, type: TemplateType): void {
    if (name !== undefined) this.variables.push([name, this.template.reassigned.has(name) ? ANY : type]);
  }

  private typeOf(expression: Expression, place: Place): TemplateType {
    switch (expression.kind) {
      case 'literal':
        return typeOfValue(expression.value);
      case 'dot':
        return place.dot;
      case 'variable':
        return this.variables.findLast(([name]) => name === expression.name)?.[1] ?? ANY;
      case 'path':
        return this.typeOfPath(expression, place);
      case 'call':
        return this.typeOfCall(expression, place);
    }
  }

  private typeOfPath({ of, fields }: Path, place: Place): TemplateType {
    const { source } = this.template;
    const base = this.typeOf(of, place);
    let type = base;
    for (const { name, at } of fields) {
      if (type.kind === 'any') return ANY;
      if (type.kind === 'object') {
        const next = type.fields.get(name);
        if (!next) throw source.problem(at, unknownField(base, fields));
        type = next;
      } else if (type.kind === 'labels') {
        if (place.certain && type.keys && !type.keys.has(name)) throw source.problem(at, noSuchLabel(name));
        type = TEXT;
      } else {
        throw source.problem(at, `.${name} of a ${type.kind} does not exist`);
      }
    }
    return type;
  }

  private typeOfCall({ name, args, at }: Call, place: Place): TemplateType {
    const types = args.map((arg, index) => {
      const mayBeSkipped = index > 0 && (name === 'and' || name === 'or');
      return this.typeOf(arg, mayBeSkipped ? { ...place, certain: false } : place);
    });
    const type = callType(this.template.source.rules.functions.get(name), types);
    if (type instanceof Misuse) throw this.template.source.problem(at, `${name}: ${type.reason}`);
    return type;
  }
}

/** What is said of a `range` over anything else. */
export const NOT_RANGED = 'range goes over labels and lists only';

/** What a function gives for arguments of these types. */
export function callType(known: TemplateFunction | undefined, args: readonly TemplateType[]): TemplateType | Misuse {
  if (!known) return new Misuse('is not a function');
  if (args.length >= known.min && args.length <= known.max) return known.type(...args);
  const takes =
    known.min === known.max ? `${known.min}` : known.max === Infinity ? `at least ${known.min}` : `${known.min} to ${known.max}`;
  return new Misuse(`it takes ${takes} argument${takes === '1' || takes === 'at least 1' ? '' : 's'}, not ${args.length}`);
}

/** As `missingkey=error` has it; `index` takes the empty text instead. */
export function noSuchLabel(name: string): string {
  return `there is no label '${name}'; {{index .Service.Labels "${name}"}} would be empty without it`;
}
