import { DomainError } from '../errors';

/** Longer templates are cut in messages. */
const SHOWN_CHARACTERS = 60;

/** A template's text and what it belongs to: what every message about it begins with. */
export class TemplateSource {
  /** @param field what the template is the value of, in the user's words */
  constructor(
    readonly field: string,
    readonly text: string,
  ) {}

  /** @param at where in the text, counted from 0; a message counts from 1 */
  problem(at: number, what: string): DomainError {
    const shown = this.text.length > SHOWN_CHARACTERS ? `${this.text.slice(0, SHOWN_CHARACTERS)}…` : this.text;
    return new DomainError('INVALID_ARGUMENT', `${this.field}: template '${shown}', character ${at + 1}: ${what}`);
  }
}
