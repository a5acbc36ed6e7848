import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DomainError, messageOf } from '#common/errors';
import type { Session } from '../session';

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

// What docker-credential helpers give for a user when the secret is a token.
const TOKEN_USER = '<token>';

function configPath(env: Session['env']): string {
  return join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json');
}

async function readConfig(path: string): Promise<DockerConfig> {
  const text = await readFile(path, 'utf8').catch(() => '{}');
  try {
    return JSON.parse(text) as DockerConfig;
  } catch (error) {
    throw new DomainError('INVALID_ARGUMENT', `${path} is not valid JSON: ${messageOf(error)}`, { cause: error });
  }
}

function runHelper(helper: string, registry: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(`docker-credential-${helper}`, ['get'], (error, stdout) => {
      if (error) reject(new DomainError('FAILED_PRECONDITION', `docker-credential-${helper} has no credentials for ${registry}`));
      else resolve(stdout);
    });
    // A helper that does not run at all is told of by the callback; writing to it must not fail on top.
    child.stdin?.on('error', () => undefined).end(registry);
  });
}

async function fromHelper(helper: string, registry: string): Promise<object> {
  const { Username, Secret } = JSON.parse(await runHelper(helper, registry)) as { Username: string; Secret: string };
  const user = Username === TOKEN_USER ? { identitytoken: Secret } : { username: Username, password: Secret };
  return { ...user, serveraddress: registry };
}

function fromFile({ auths = {} }: DockerConfig, registry: string): object {
  const { auth, identitytoken } = auths[registry] ?? auths[`https://${registry}`] ?? {};
  if (identitytoken) return { identitytoken, serveraddress: registry };
  if (!auth) return {};
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1), serveraddress: registry };
}

/**
 * The credentials that `docker login` left for a registry, in the form of the X-Registry-Auth header. Without any it is the
 * header for none.
 * @throws DomainError INVALID_ARGUMENT a broken config file · FAILED_PRECONDITION a credential helper that fails
 */
export async function registryAuth(session: Session, registry: string): Promise<string> {
  const config = await readConfig(configPath(session.env));
  const helper = config.credHelpers?.[registry] ?? config.credsStore;
  const credentials = helper ? await fromHelper(helper, registry) : fromFile(config, registry);
  // The header is URL-safe base64, but padded, unlike Node's.
  return Buffer.from(JSON.stringify(credentials)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
