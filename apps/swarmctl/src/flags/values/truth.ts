import { badValue } from '../flag';

const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** Reads true or false in Go's spellings. @throws DomainError INVALID_ARGUMENT */
export function parseTruth(text: string): boolean {
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  throw badValue(`'${text}' is neither true nor false`);
}
