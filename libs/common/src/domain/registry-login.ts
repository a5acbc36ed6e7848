/** What a registry is told about who asks, as in Docker's AuthConfig. Empty texts are not given. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  /** Stands for username and password where tokens are given out. */
  readonly identityToken: string;
  /** Is sent as it is. */
  readonly registryToken: string;
}

/** A login in the form in which Docker's API carries it, and which engines take for a pull. */
export interface RegistryAuth {
  /** URL-safe base64 of JSON: what X-Registry-Auth holds. */
  readonly header: string;
  readonly login: RegistryLogin;
}

const CREDENTIALS = ['username', 'password', 'identitytoken', 'registrytoken'] as const;
const FIELDS: readonly string[] = [...CREDENTIALS, 'auth', 'email', 'serveraddress'];

/**
 * Reads an X-Registry-Auth header. Undefined when it holds something else: some clients send it always, with anything in it. An
 * object without credentials is a login of nobody.
 */
export function parseRegistryAuth(header: string): RegistryAuth | undefined {
  const fields = readObject(header);
  if (!fields) return undefined;
  const known = Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      const field = name.toLowerCase();
      return FIELDS.includes(field) && typeof value === 'string' ? [[field, value]] : [];
    }),
  );
  const login = {
    username: known.username ?? '',
    password: known.password ?? '',
    identityToken: known.identitytoken ?? '',
    registryToken: known.registrytoken ?? '',
  };
  const isAuth = isLogin(login) || Object.keys(fields).every((name) => FIELDS.includes(name.toLowerCase()));
  return isAuth ? { header: encode(known), login } : undefined;
}

/** Whether it says who asks. */
export function isLogin(login: RegistryLogin): boolean {
  return Object.values(login).some((value) => value !== '');
}

function readObject(header: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Padded, as Go's decoder wants it and Node's encoder does not make it. */
function encode(fields: Readonly<Record<string, string>>): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
