import { badValue, type ValueKind } from '../flag';

/** Where the credential spec of a Windows service account is found. */
export interface CredentialSource {
  readonly kind: 'config' | 'file' | 'registry';
  readonly name: string;
}

function parseCredentialSource(text: string): CredentialSource | undefined {
  if (text === '') return undefined;
  const match = /^(config|file|registry):\/\/(.*)$/s.exec(text);
  if (!match) throw badValue(`'${text}' does not start with config://, file:// or registry://`);
  return { kind: match[1] as CredentialSource['kind'], name: match[2] ?? '' };
}

/** An empty text stands for none. */
export const credentialSource: ValueKind<CredentialSource | undefined> = {
  placeholder: 'source',
  example: 'file://spec.json',
  parse: parseCredentialSource,
};
