import { parseImage, unpinnedWarning, withDistribution, type RegistryLogin } from '#common/domain';
import { messageOf } from '#common/errors';
import type { Logger } from '#common/logging';
import type { ServiceSpec } from '#common/proto';
import type { ImageRegistry } from '../ports';

/** A spec whose image is settled, and what the client should know about that. */
export interface PinnedSpec {
  readonly spec: ServiceSpec;
  readonly warnings: string[];
}

/** Settles the image of a spec; never fails. */
export type PinImage = (spec: ServiceSpec, login: RegistryLogin | undefined) => Promise<PinnedSpec>;

/**
 * Pins images to the digests that their tags have at the registry now, for clients that leave this to the manager. A registry that
 * does not tell leaves the tag.
 */
export function imagePinner(images: ImageRegistry, logger: Logger): PinImage {
  return async (spec, login) => {
    const image = spec.taskTemplate?.containerSpec?.image ?? '';
    if (parseImage(image)?.digest !== undefined) return asItIs(spec);
    try {
      const { digest, platforms } = await images.inspect(image, login);
      return { spec: withDistribution(spec, { digest, platforms }), warnings: [] };
    } catch (error) {
      logger.info({ image, reason: messageOf(error) }, 'image not pinned to a digest');
      return { spec, warnings: [unpinnedWarning(image)] };
    }
  };
}

/** A spec whose image the client has settled. */
export function asItIs(spec: ServiceSpec): PinnedSpec {
  return { spec, warnings: [] };
}
