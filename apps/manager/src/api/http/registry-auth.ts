const HEADER = 'x-registry-auth';
const CREDENTIALS = ['username', 'password', 'identitytoken', 'registrytoken'];

/** Whether a request brings credentials for a registry. Some clients send the header always, with anything in it. */
export function hasRegistryCredentials(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  const header = headers[HEADER];
  if (typeof header !== 'string' || header === '') return false;
  try {
    const auth: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    return typeof auth === 'object' && auth !== null && CREDENTIALS.some((name) => Boolean(Reflect.get(auth, name)));
  } catch {
    return false;
  }
}
