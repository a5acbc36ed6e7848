import type { RegistryLogin } from '#common/domain';
import { DomainError } from '#common/errors';
import { parseChallenges, type Challenge } from './challenge';
import { exchange } from './exchange';
import { toRefusal } from './refusal';

/** Who asks for what, of which registry. */
export interface Applicant {
  readonly login: RegistryLogin | undefined;
  /** Path of the image at the registry. */
  readonly repository: string;
  readonly registry: URL;
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Registries want a name for the program that swaps an identity token; Docker's own is known to all. */
const CLIENT_ID = 'docker';

/**
 * The Authorization header that a challenge asks for; undefined when there is nothing to answer it with.
 * @param header WWW-Authenticate of the refusal
 * @throws DomainError UNAUTHENTICATED · PERMISSION_DENIED · UNAVAILABLE · DEADLINE_EXCEEDED of the token server
 */
export async function answerChallenge(header: string, applicant: Applicant): Promise<string | undefined> {
  const challenges = parseChallenges(header);
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer) return `Bearer ${await tokenFor(bearer, applicant)}`;
  const { login } = applicant;
  return login?.username && challenges.some(({ scheme }) => scheme === 'basic') ? basic(login) : undefined;
}

function basic({ username, password }: RegistryLogin): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function tokenFor({ parameters }: Challenge, applicant: Applicant): Promise<string> {
  const { login } = applicant;
  if (login?.registryToken) return login.registryToken;
  const realm = realmOf(parameters.realm ?? '', applicant);
  const query = new URLSearchParams({
    ...(parameters.service === undefined ? {} : { service: parameters.service }),
    scope: parameters.scope ?? `repository:${applicant.repository}:pull`,
  });
  const reply = login?.identityToken ? await swapToken(realm, query, applicant) : await askForToken(realm, query, applicant);
  const text = reply.body.toString('utf8');
  if (reply.status !== 200) throw toRefusal(reply.status, text, realm.host);
  const token = readToken(text);
  if (token === undefined) throw new DomainError('UNAVAILABLE', `${realm.host} answered without a token`);
  return token;
}

/** Whoever answers for a registry names the token server, and a password goes there: not without TLS, unless the registry is. */
function realmOf(text: string, { registry, insecure }: Applicant): URL {
  const realm = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = realm?.protocol === 'https:' || (realm?.protocol === 'http:' && (insecure || registry.protocol === 'http:'));
  if (realm && isSafe) return realm;
  throw new DomainError('UNAVAILABLE', `${registry.host} names no token server that can be asked safely`);
}

function askForToken(realm: URL, query: URLSearchParams, { login, ...terms }: Applicant): ReturnType<typeof exchange> {
  const url = new URL(realm);
  for (const [name, value] of query) url.searchParams.append(name, value);
  if (login?.username) url.searchParams.set('account', login.username);
  return exchange({ ...terms, url, headers: login?.username ? { Authorization: basic(login) } : {} });
}

function swapToken(realm: URL, query: URLSearchParams, { login, ...terms }: Applicant): ReturnType<typeof exchange> {
  const form = new URLSearchParams(query);
  form.set('grant_type', 'refresh_token');
  form.set('client_id', CLIENT_ID);
  form.set('refresh_token', login?.identityToken ?? '');
  return exchange({ ...terms, url: realm, headers: {}, form });
}

/** Header values hold no control characters: a token with some is none. */
function readToken(text: string): string | undefined {
  try {
    const { token, access_token: accessToken } = JSON.parse(text) as { token?: unknown; access_token?: unknown };
    const given = token || accessToken;
    return typeof given === 'string' && /^[\x21-\x7e]+$/.test(given) ? given : undefined;
  } catch {
    return undefined;
  }
}
