import type { Platform } from '#common/proto';

/** Every kind of manifest that engines can pull. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

/** A platform that an image was built for; variants matter to engines only, but Docker's answer has them. */
export type ImagePlatform = Platform & { variant?: string };

/** What a manifest says: the platforms, or which blob says it. */
export type ManifestContent = { platforms: ImagePlatform[] } | { config: string };

/** Reads a manifest, or undefined when it is none that names platforms. */
export function readManifest(manifest: unknown): ManifestContent | undefined {
  const { manifests, config } = asObject(manifest);
  if (Array.isArray(manifests)) return { platforms: manifests.flatMap((entry) => toPlatform(asObject(entry).platform) ?? []) };
  const { digest } = asObject(config);
  return typeof digest === 'string' ? { config: digest } : undefined;
}

/** The platform in an image's config; none when it does not say. */
export function platformsOfConfig(config: unknown): ImagePlatform[] {
  const platform = toPlatform(config);
  return platform ? [platform] : [];
}

/** Attestations lie beside images in an index, for a platform that is unknown. */
function toPlatform(value: unknown): ImagePlatform | undefined {
  const { architecture, os, variant } = asObject(value);
  if (typeof architecture !== 'string' || typeof os !== 'string' || os === 'unknown') return undefined;
  return { architecture, os, ...(typeof variant === 'string' && variant !== '' && { variant }) };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
