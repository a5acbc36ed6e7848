import { createHash } from 'node:crypto';
import { DomainError, isCode, messageOf } from '#common/errors';
import { parseChallenge, type Challenge } from './challenge';
import { basicAuthorization, parseCredentials, type Credentials } from './credentials';
import { parseImageName, type ImageName } from './image-name';
import type { InsecureRegistries } from './insecure-registries';
import { MANIFEST_TYPES, platformsOfConfig, readManifest, type ImagePlatform } from './manifest';

/** What a registry says of an image. */
export interface Distribution {
  mediaType: string;
  digest: string;
  /** Bytes of the manifest. */
  size: number;
  platforms: ImagePlatform[];
}

/** One request. The longest way is five of them: is it there, a refusal, a token, the manifest, the config. */
const REQUEST_TIMEOUT_MS = 5_000;
/** Manifests are kilobytes; registries refuse to store more than 4 MiB. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Asks registries about images (OCI distribution specification, pull workflow). */
export class RegistryClient {
  constructor(private readonly insecure: InsecureRegistries) {}

  /**
   * Digest and platforms of an image as the registry has it now.
   * @param image a valid reference
   * @param auth as in X-Registry-Auth
   * @throws DomainError NOT_FOUND · PERMISSION_DENIED · FAILED_PRECONDITION it cannot be reached, or answers something else
   */
  async inspect(image: string, auth: string | undefined): Promise<Distribution> {
    try {
      return await this.ask(image, auth);
    } catch (error) {
      // To a client of the API, these would say that the manager is not there.
      if (!isCode(error, 'UNAVAILABLE', 'DEADLINE_EXCEEDED')) throw error;
      throw new DomainError('FAILED_PRECONDITION', error.message, { cause: error });
    }
  }

  private async ask(image: string, auth: string | undefined): Promise<Distribution> {
    const name = parseImageName(image);
    const exchange = await this.open(name, parseCredentials(auth));
    const manifest = await exchange.get(`manifests/${name.reference}`, MANIFEST_TYPES.join(', '));
    const computed = `sha256:${createHash('sha256').update(manifest.body).digest('hex')}`;
    const told = manifest.headers.get('docker-content-digest') ?? '';
    const content = readManifest(parseJson(image, manifest.body));
    if (!content)
      throw new DomainError('FAILED_PRECONDITION', `the registry's manifest of ${image} is of a kind that is not known`);
    const platforms =
      'platforms' in content ? content.platforms : platformsOfConfig(await this.configOf(exchange, image, content.config));
    return {
      mediaType: manifest.headers.get('content-type')?.split(';')[0] ?? '',
      digest: DIGEST.test(told) ? told : computed,
      size: manifest.body.length,
      platforms,
    };
  }

  private async configOf(exchange: Exchange, image: string, digest: string): Promise<unknown> {
    if (!DIGEST.test(digest))
      throw new DomainError('FAILED_PRECONDITION', `the registry's manifest of ${image} names no valid config`);
    return parseJson(image, (await exchange.get(`blobs/${digest}`, 'application/json, */*')).body);
  }

  /** Over TLS; a registry that is known to be insecure may also speak plain HTTP. */
  private async open(name: ImageName, credentials: Credentials | undefined): Promise<Exchange> {
    const secure = new Exchange(`https://${name.host}`, name, credentials);
    if (!this.insecure.includes(name.host)) return secure;
    const plain = new Exchange(`http://${name.host}`, name, credentials);
    return (await plain.answers()) ? plain : secure;
  }
}

interface Answer {
  headers: Headers;
  body: Buffer;
}

/** Requests about one repository, with the authorization that the registry has asked for. */
class Exchange {
  private authorization: string | undefined;

  constructor(
    private readonly base: string,
    private readonly name: ImageName,
    private readonly credentials: Credentials | undefined,
  ) {
    if (credentials?.registryToken) this.authorization = `Bearer ${credentials.registryToken}`;
  }

  /** Whether anything speaks HTTP there. */
  async answers(): Promise<boolean> {
    try {
      await send(`${this.base}/v2/`, {});
      return true;
    } catch (error) {
      if (isCode(error, 'UNAVAILABLE', 'DEADLINE_EXCEEDED')) return false;
      throw error;
    }
  }

  async get(path: string, accept: string): Promise<Answer> {
    const url = `${this.base}/v2/${this.name.repository}/${path}`;
    let response = await send(url, this.headers(accept));
    const challenge = response.status === 401 ? parseChallenge(response.headers.get('www-authenticate')) : undefined;
    if (challenge) {
      await response.body?.cancel();
      this.authorization = await this.authorize(challenge);
      response = await send(url, this.headers(accept));
    }
    const body = await readBody(response);
    if (!response.ok) throw refusal(response.status, body, this.name);
    return { headers: response.headers, body };
  }

  private headers(accept: string): Record<string, string> {
    return { Accept: accept, ...(this.authorization && { Authorization: this.authorization }) };
  }

  private async authorize(challenge: Challenge): Promise<string | undefined> {
    if (challenge.scheme === 'basic') return this.credentials && basicAuthorization(this.credentials);
    const realm = new URL(challenge.realm, this.base);
    // A token service in the clear would be told the password.
    if (realm.protocol !== 'https:' && this.base.startsWith('https:')) {
      throw new DomainError(
        'PERMISSION_DENIED',
        `the registry ${this.name.host} sends its users to ${realm.origin}, which is not encrypted`,
      );
    }
    const response = await this.askForToken(realm, challenge);
    const body = await readBody(response);
    if (!response.ok) throw refusal(response.status, body, this.name);
    const { token, access_token: accessToken } = parseJson(this.name.repository, body) as Record<string, unknown>;
    return `Bearer ${String(token ?? accessToken ?? '')}`;
  }

  private askForToken(realm: URL, { service = '', scope }: Extract<Challenge, { scheme: 'bearer' }>): Promise<Response> {
    const wanted = scope ?? `repository:${this.name.repository}:pull`;
    const { credentials } = this;
    if (credentials?.identityToken) {
      const form = {
        grant_type: 'refresh_token',
        refresh_token: credentials.identityToken,
        service,
        scope: wanted,
        client_id: 'swarmctl',
      };
      return send(realm.href, { 'Content-Type': 'application/x-www-form-urlencoded' }, new URLSearchParams(form).toString());
    }
    if (service) realm.searchParams.set('service', service);
    realm.searchParams.set('scope', wanted);
    return send(realm.href, credentials?.username ? { Authorization: basicAuthorization(credentials) } : {});
  }
}

async function send(url: string, headers: Record<string, string>, body?: string): Promise<Response> {
  try {
    // fetch follows redirects, and leaves the authorization out where they lead to another host.
    return await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  } catch (error) {
    throw toDomainError(new URL(url).host, error);
  }
}

async function readBody(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) throw new DomainError('FAILED_PRECONDITION', `${response.url} answers with more than 4 MiB`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw toDomainError(new URL(response.url).host, error);
  }
  return Buffer.concat(chunks);
}

function toDomainError(host: string, error: unknown): DomainError {
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  const reason = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
  return isLate
    ? new DomainError('DEADLINE_EXCEEDED', `the registry ${host} did not answer within ${REQUEST_TIMEOUT_MS / 1000} s`, {
        cause: error,
      })
    : new DomainError('UNAVAILABLE', `the registry ${host} cannot be reached: ${reason}`, { cause: error });
}

/** The registry's own words, where it has some, as Docker's engine passes them on. */
function refusal(status: number, body: Buffer, { host, repository, reference }: ImageName): DomainError {
  const words = wordsOf(body);
  if (status === 404)
    return new DomainError('NOT_FOUND', words || `manifest unknown: ${repository}:${reference} is not at ${host}`);
  if (status === 401 || status === 403) {
    const denied = words || 'access to the resource is denied';
    return new DomainError('PERMISSION_DENIED', `${denied}: ${repository} at ${host} does not exist or needs \`docker login\``);
  }
  return new DomainError('FAILED_PRECONDITION', `the registry ${host} answers ${status}${words && `: ${words}`}`);
}

function wordsOf(body: Buffer): string {
  try {
    const { errors } = JSON.parse(body.toString('utf8')) as { errors?: { code?: string; message?: string }[] };
    const [first] = errors ?? [];
    return first?.message ?? first?.code ?? '';
  } catch {
    return '';
  }
}

function parseJson(what: string, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new DomainError('FAILED_PRECONDITION', `the registry's answer about ${what} is not JSON`, { cause: error });
  }
}
