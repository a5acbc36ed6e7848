import { isCode, messageOf } from '#common/errors';
import type { ServiceSpec } from '#common/proto';
import type { ImageFlags } from '../../flags/tables/shared-flags';
import { registryOf, withDistribution, type Distribution } from '../../flags/spec/image-reference';
import { writeLine } from '../../session';
import type { Tools } from '../command';
import { registryAuth } from '../registry-credentials';

interface ApiDistribution {
  readonly Descriptor?: { readonly digest?: unknown };
  readonly Platforms?: unknown;
}

function toDistribution({ Descriptor, Platforms }: ApiDistribution): Distribution | undefined {
  if (typeof Descriptor?.digest !== 'string') return undefined;
  const platforms = (Array.isArray(Platforms) ? Platforms : []) as { architecture?: string; os?: string }[];
  return { digest: Descriptor.digest, platforms: platforms.map(({ architecture = '', os = '' }) => ({ architecture, os })) };
}

async function askRegistry({ session, api }: Tools, image: string, auth?: string): Promise<Distribution | undefined> {
  try {
    return toDistribution(await api.distribution(image, auth));
  } catch (error) {
    // A manager that never asks registries need not be told of at each create.
    if (isCode(error, 'UNAVAILABLE')) throw error;
    if (!isCode(error, 'UNIMPLEMENTED')) {
      writeLine(
        session.stderr,
        `note: ${image} is not pinned to a digest, so nodes may run different builds: ${messageOf(error)}`,
      );
    }
    return undefined;
  }
}

/** A spec whose image is settled, and the credentials to send with it. */
export interface PinnedSpec {
  readonly spec: ServiceSpec;
  readonly auth: string | undefined;
}

/**
 * Pins the image to the digest that its tag has at the registry now, so that every node runs the same, and finds the
 * credentials that `--with-registry-auth` asks for. A registry that does not answer is noted on stderr and leaves the tag.
 */
export async function pinImage(tools: Tools, spec: ServiceSpec, flags: ImageFlags): Promise<PinnedSpec> {
  const image = spec.taskTemplate?.containerSpec?.image ?? '';
  const auth = flags.withRegistryAuth ? await registryAuth(tools.session, registryOf(image)) : undefined;
  const distribution = flags.noResolveImage ? undefined : await askRegistry(tools, image, auth);
  return { spec: distribution ? withDistribution(spec, distribution) : spec, auth };
}
