import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DomainError } from '#common/errors';
import { asObject } from '../json-values';
import type { Session } from '../session';

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

// What docker-credential helpers give for a user when the secret is a token.
const TOKEN_USER = '<token>';
// How they say, on standard output, that they have none.
const NOT_FOUND = 'credentials not found';
// One may ask a person for a password.
const HELPER_TIMEOUT_MS = 120_000;

function configPath(env: Session['env']): string {
  return join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json');
}

async function readConfig(path: string): Promise<DockerConfig> {
  const text = await readFile(path, 'utf8').catch(() => '{}');
  return parseJson(path, text) as DockerConfig;
}

function parseJson(source: string, text: string): unknown {
  try {
    return asObject(JSON.parse(text));
  } catch {
    // The parser's own words may quote a secret.
    throw new DomainError('INVALID_ARGUMENT', `${source} is not valid JSON`);
  }
}

/** What the helper says; undefined when it has nothing for the registry. */
function runHelper(helper: string, registry: string, env: Session['env']): Promise<string | undefined> {
  const command = `docker-credential-${helper}`;
  return new Promise((resolve, reject) => {
    const child = execFile(command, ['get'], { env, timeout: HELPER_TIMEOUT_MS }, (error, stdout) => {
      if (!error) resolve(stdout);
      else if (stdout.includes(NOT_FOUND)) resolve(undefined);
      else reject(new DomainError('FAILED_PRECONDITION', `${command} has failed: ${stdout.trim() || error.message}`));
    });
    // A helper that does not run at all is told of by the callback; writing to it must not fail on top.
    child.stdin?.on('error', () => undefined).end(registry);
  });
}

async function fromHelper(helper: string, registry: string, env: Session['env']): Promise<object> {
  const said = await runHelper(helper, registry, env);
  if (said === undefined) return {};
  const { Username, Secret } = parseJson(`docker-credential-${helper}`, said) as { Username?: string; Secret?: string };
  const user = Username === TOKEN_USER ? { identitytoken: Secret } : { username: Username, password: Secret };
  return { ...user, serveraddress: registry };
}

/** Old entries are URLs: `https://registry.test/v1/`. */
function hostOf(registry: string): string {
  return registry.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function fromFile({ auths = {} }: DockerConfig, registry: string): object {
  const similar = Object.keys(auths).find((name) => hostOf(name) === hostOf(registry));
  const { auth, identitytoken } = auths[registry] ?? auths[similar ?? ''] ?? {};
  if (identitytoken) return { identitytoken, serveraddress: registry };
  if (!auth) return {};
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1), serveraddress: registry };
}

/**
 * The credentials that `docker login` left for a registry, in the form of the X-Registry-Auth header. Without any it is the
 * header for none.
 * @throws DomainError INVALID_ARGUMENT a broken config file or answer of a helper · FAILED_PRECONDITION a credential helper that fails
 */
export async function registryAuth(session: Session, registry: string): Promise<string> {
  const config = await readConfig(configPath(session.env));
  const helper = config.credHelpers?.[registry] ?? config.credsStore;
  const credentials = helper ? await fromHelper(helper, registry, session.env) : fromFile(config, registry);
  // The header is URL-safe base64, but padded, unlike Node's.
  return Buffer.from(JSON.stringify(credentials)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
