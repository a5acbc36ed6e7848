import { DomainError } from '#common/errors';

const INDEX_TYPES = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'];
const IMAGE_TYPES = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'];

/** What is said to be understood when a manifest is asked for. */
export const MANIFEST_TYPES: readonly string[] = [...INDEX_TYPES, ...IMAGE_TYPES];

/** What an image was built for; empty where it is not said. */
export interface ManifestPlatform {
  readonly architecture: string;
  readonly os: string;
  readonly variant: string;
  readonly osVersion: string;
  readonly osFeatures: readonly string[];
}

/** What a manifest says about platforms: all of them, or the digest of a configuration that names the one. */
export type Manifest = { readonly mediaType: string } & (
  { readonly platforms: readonly ManifestPlatform[] } | { readonly configDigest: string | undefined }
);

const SHA256 = /^sha256:[0-9a-f]{64}$/;

/** @param contentType as the registry sends it @throws DomainError UNAVAILABLE when it is no manifest that is known here */
export function readManifest(text: string, contentType: string): Manifest {
  const json = asObject(parse(text));
  const mediaType = mediaTypeOf(contentType) || textOf(json.mediaType);
  if (INDEX_TYPES.includes(mediaType)) return { mediaType, platforms: platformsOf(json.manifests) };
  if (!IMAGE_TYPES.includes(mediaType)) {
    throw new DomainError(
      'UNAVAILABLE',
      `the registry has a manifest of type ${JSON.stringify(mediaType)}, which is not known here`,
    );
  }
  const digest = textOf(asObject(json.config).digest);
  return { mediaType, configDigest: SHA256.test(digest) ? digest : undefined };
}

/** The platform that an image's configuration names; undefined when it names none. */
export function readConfigPlatform(text: string): ManifestPlatform | undefined {
  const platform = readPlatform(parse(text));
  return platform.architecture || platform.os ? platform : undefined;
}

/** Attestations stand among the images of an index, for a platform that nobody has. */
function platformsOf(manifests: unknown): ManifestPlatform[] {
  const entries = Array.isArray(manifests) ? manifests.map(asObject) : [];
  return entries
    .flatMap(({ platform }) => (platform === undefined ? [] : [readPlatform(platform)]))
    .filter(({ architecture, os }) => architecture !== 'unknown' && os !== 'unknown');
}

function readPlatform(value: unknown): ManifestPlatform {
  const platform = asObject(value);
  const features = platform['os.features'];
  return {
    architecture: textOf(platform.architecture),
    os: textOf(platform.os),
    variant: textOf(platform.variant),
    osVersion: textOf(platform['os.version']),
    osFeatures: Array.isArray(features) ? features.map(textOf) : [],
  };
}

function mediaTypeOf(contentType: string): string {
  const [type = ''] = contentType.split(';');
  const isPlain = ['application/json', 'text/plain', 'application/octet-stream'].includes(type.trim());
  return isPlain ? '' : type.trim();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
