const HEADER = 'x-registry-auth';
const CREDENTIALS = ['username', 'password', 'identitytoken', 'registrytoken'];

/** The header of a request that brings credentials for a registry. Some clients send it always, with anything in it. */
export function registryCredentials(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const header = headers[HEADER];
  return typeof header === 'string' && hasCredentials(header) ? header : undefined;
}

function hasCredentials(header: string): boolean {
  try {
    const auth: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    return typeof auth === 'object' && auth !== null && CREDENTIALS.some((name) => Boolean(Reflect.get(auth, name)));
  } catch {
    return false;
  }
}
