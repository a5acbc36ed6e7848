import { DomainError } from '../errors';
import { FUNCTIONS, type TemplateFunction } from './functions';

/** Longer templates are cut in messages. */
const SHOWN_CHARACTERS = 60;

/** What a template may do. */
export interface TemplateRules {
  readonly functions: ReadonlyMap<string, TemplateFunction>;
  /** Longest template and longest result. */
  readonly maxCharacters: number;
  /** Whether messages must not show anything of the template. */
  readonly isSecret: boolean;
}

/** Of fields of a service. */
export const FIELD_RULES: TemplateRules = { functions: FUNCTIONS, maxCharacters: 64 * 1024, isSecret: false };

/** A template's text and what it belongs to: what every message about it begins with. */
export class TemplateSource {
  /** @param field what the template is the value of, in the user's words */
  constructor(
    readonly field: string,
    readonly text: string,
    readonly rules: TemplateRules = FIELD_RULES,
  ) {}

  /** @param at where in the text, counted from 0; a message counts from 1 */
  problem(at: number, what: string): DomainError {
    if (this.rules.isSecret) {
      return new DomainError('INVALID_ARGUMENT', `${this.field}: its template cannot be filled in at character ${at + 1}`);
    }
    const shown = this.text.length > SHOWN_CHARACTERS ? `${this.text.slice(0, SHOWN_CHARACTERS)}…` : this.text;
    return new DomainError('INVALID_ARGUMENT', `${this.field}: template '${shown}', character ${at + 1}: ${what}`);
  }
}
