import { createHash } from 'node:crypto';
import { withDeadline } from '#common/concurrency';
import { parseImage, taggedImage, type ImageReference, type RegistryLogin } from '#common/domain';
import { DomainError } from '#common/errors';
import type { InsecureRegistries } from './insecure-registries';
import { MANIFEST_TYPES, readConfigPlatform, readManifest, type Manifest, type ManifestPlatform } from './manifest';
import { RegistrySession } from './registry-session';

/** Milliseconds that the answer to one request may take, and all requests about an image, for which a client waits. */
const TIMEOUTS = { requestMs: 5_000, imageMs: 15_000 };
const MAX_REFERENCE_LENGTH = 1_024;
/** Docker Hub answers for `docker.io` at another name. */
const HUB = { domain: 'docker.io', host: 'registry-1.docker.io' };

/** What a registry says of an image. */
export interface InspectedImage {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes of the manifest. */
  readonly size: number;
  readonly platforms: readonly ManifestPlatform[];
}

/** Asks image registries, as the distribution API (v2) has it. */
export class RegistryClient {
  constructor(
    private readonly insecure: InsecureRegistries,
    private readonly timeouts = TIMEOUTS,
  ) {}

  /**
   * Asks for the image's tag or digest.
   * @throws DomainError INVALID_ARGUMENT no valid reference · NOT_FOUND · UNAUTHENTICATED · PERMISSION_DENIED · RESOURCE_EXHAUSTED ·
   *   UNAVAILABLE · DEADLINE_EXCEEDED
   */
  async inspect(image: string, login: RegistryLogin | undefined): Promise<InspectedImage> {
    const reference = image.length > MAX_REFERENCE_LENGTH ? undefined : parseImage(taggedImage(image));
    if (!reference) throw new DomainError('INVALID_ARGUMENT', 'invalid reference format');
    const { requestMs: timeoutMs, imageMs } = this.timeouts;
    return withDeadline(`the registry's answer about ${image}`, imageMs, async (signal) => {
      const host = reference.domain === HUB.domain ? HUB.host : reference.domain;
      // Whatever the Hub's address is, nobody means it to be spoken to without TLS.
      const insecure = host !== HUB.host && (await this.insecure.includes(host));
      const session = new RegistrySession({ host, repository: reference.path, login, insecure, signal, timeoutMs });
      return inspect(session, reference);
    });
  }
}

async function inspect(session: RegistrySession, reference: ImageReference): Promise<InspectedImage> {
  const { body, headers } = await session.get(`manifests/${reference.digest ?? reference.tag}`, MANIFEST_TYPES);
  const manifest = readManifest(body.toString('utf8'), headers['content-type'] ?? '');
  const told = headers['docker-content-digest'];
  const digest = digestOf(body, reference.digest ?? (typeof told === 'string' ? told : undefined));
  return { mediaType: manifest.mediaType, digest, size: body.length, platforms: await platformsOf(session, manifest) };
}

/** The manifest's digest, which is computed and not only believed. */
function digestOf(body: Buffer, expected: string | undefined): string {
  const algorithm = expected?.startsWith('sha512:') ? 'sha512' : 'sha256';
  const digest = `${algorithm}:${createHash(algorithm).update(body).digest('hex')}`;
  if (expected === undefined || expected === digest) return digest;
  throw new DomainError('UNAVAILABLE', `the registry's manifest has the digest ${digest} instead of ${expected}`);
}

/** As Docker has it, an image whose configuration cannot be had is one for any platform. */
async function platformsOf(session: RegistrySession, manifest: Manifest): Promise<readonly ManifestPlatform[]> {
  if ('platforms' in manifest) return manifest.platforms;
  if (manifest.configDigest === undefined) return [];
  try {
    const { body } = await session.get(`blobs/${manifest.configDigest}`, ['*/*']);
    return [readConfigPlatform(body.toString('utf8')) ?? []].flat();
  } catch {
    return [];
  }
}
