import type { ImageDescription, ImagePlatform } from '../ports';
import { nonEmpty, type JsonObject } from './json-parts';

/** Docker's JSON of an image at a registry. */
export function imageJson({ mediaType, digest, size, platforms }: ImageDescription): JsonObject {
  return {
    Descriptor: { mediaType, digest, size },
    Platforms: nonEmpty(platforms.map(platformJson)) ?? null,
  };
}

function platformJson({ architecture, os, osVersion, osFeatures, variant }: ImagePlatform): JsonObject {
  return {
    architecture,
    os,
    'os.version': osVersion || undefined,
    'os.features': nonEmpty([...osFeatures]),
    variant: variant || undefined,
  };
}
