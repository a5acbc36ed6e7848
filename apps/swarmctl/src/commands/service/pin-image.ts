import { registryOf, unpinnedWarning, withDistribution, type Distribution } from '#common/domain';
import { isCode, messageOf } from '#common/errors';
import type { ServiceSpec } from '#common/proto';
import type { ImageFlags } from '../../flags/tables/shared-flags';
import { plainText } from '../../render/plain-text';
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
    // The manager itself is not there.
    if (isCode(error, 'UNAVAILABLE')) throw error;
    // One that never asks registries need not be told of at each create.
    if (!isCode(error, 'UNIMPLEMENTED')) {
      writeLine(session.stderr, `warning: ${unpinnedWarning(plainText(image))}`);
      writeLine(session.stderr, `reason: ${plainText(messageOf(error))}`);
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
 * credentials that `--with-registry-auth` asks for. A registry that does not tell is warned of on stderr and leaves the tag.
 */
export async function pinImage(tools: Tools, spec: ServiceSpec, flags: ImageFlags): Promise<PinnedSpec> {
  const image = spec.taskTemplate?.containerSpec?.image ?? '';
  const auth = flags.withRegistryAuth ? await registryAuth(tools.session, registryOf(image)) : undefined;
  const distribution = flags.noResolveImage ? undefined : await askRegistry(tools, image, auth);
  return { spec: distribution ? withDistribution(spec, distribution) : spec, auth };
}
