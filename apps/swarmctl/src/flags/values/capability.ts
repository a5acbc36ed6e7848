import { badValue, type ValueKind } from '../flag';

/** Every capability there is. */
export const ALL_CAPABILITIES = 'ALL';

/** Not a capability: in an update it empties the list that it is given to. */
export const RESET_CAPABILITIES = 'RESET';

/** Brings a capability to the form CAP_NAME. @throws DomainError INVALID_ARGUMENT */
export function parseCapability(text: string): string {
  const name = text.trim().toUpperCase();
  if (!/^[A-Z0-9_]+$/.test(name)) throw badValue(`'${text}' is not the name of a capability`);
  return name === ALL_CAPABILITIES || name === RESET_CAPABILITIES || name.startsWith('CAP_') ? name : `CAP_${name}`;
}

export const capability: ValueKind<string> = { placeholder: 'capability', example: 'NET_ADMIN', parse: parseCapability };
