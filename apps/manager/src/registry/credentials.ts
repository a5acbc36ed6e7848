/** What a client sends in X-Registry-Auth, as far as a registry needs it. */
export interface Credentials {
  username: string;
  password: string;
  /** A token to be exchanged for another one, in place of a password. */
  identityToken: string;
  /** A token to be shown as it is. */
  registryToken: string;
}

/** Reads X-Registry-Auth: URL-safe base64 of JSON. What cannot be read counts as no credentials, as in Docker's engine. */
export function parseCredentials(header: string | undefined): Credentials | undefined {
  if (!header) return undefined;
  try {
    const auth = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Record<string, unknown>;
    const text = (name: string): string => (typeof auth[name] === 'string' ? auth[name] : '');
    const credentials = {
      username: text('username'),
      password: text('password'),
      identityToken: text('identitytoken'),
      registryToken: text('registrytoken'),
    };
    return Object.values(credentials).some(Boolean) ? credentials : undefined;
  } catch {
    return undefined;
  }
}

export function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
