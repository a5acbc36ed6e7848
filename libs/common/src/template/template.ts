import { checkTemplate } from './check-template';
import { parseTemplate } from './parse-template';
import { renderTemplate } from './render-template';
import { TemplateBudget } from './template-budget';
import { FIELD_RULES, TemplateSource, type TemplateRules } from './template-source';
import type { ObjectValue, TemplateType } from './value';

// Of our own: the packages that read Go's templates rewrite them with regular expressions or into code to run, bound neither work nor
// result, and cannot say what is wrong before there are values.
const OPEN = '{{';

/** Text in which nothing is to be replaced is no template. */
export function isTemplate(text: string): boolean {
  return text.includes(OPEN);
}

/**
 * Refuses a template that cannot be read, or that would fail whatever the values are.
 * @param field what the text is the value of, for the message
 * @throws DomainError INVALID_ARGUMENT
 */
export function requireValidTemplate(field: string, text: string, type: TemplateType, rules = FIELD_RULES): void {
  if (isTemplate(text)) checkTemplate(parseTemplate(new TemplateSource(field, text, rules)), type);
}

/**
 * The text with its templates filled in, in bounded time.
 * @param field what the text is the value of, for the message
 * @param budget shared with the other templates that are filled in with it; a whole one unless given
 * @throws DomainError INVALID_ARGUMENT
 */
export function expandTemplate(field: string, text: string, values: ObjectValue, options: ExpandOptions = {}): string {
  if (!isTemplate(text)) return text;
  const { rules = FIELD_RULES, budget = new TemplateBudget() } = options;
  return renderTemplate(parseTemplate(new TemplateSource(field, text, rules)), values, budget);
}

interface ExpandOptions {
  readonly rules?: TemplateRules;
  readonly budget?: TemplateBudget;
}
