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
 * Pins images to the digests that their tags have at the registry now, so that every node runs the same, and finds the
 * credentials that `--with-registry-auth` asks for. A registry that does not tell is warned of on stderr and leaves the tag.
 * An image is asked for once, however many specs name it.
 */
export class ImagePinner {
  private readonly answers = new Map<string, Promise<Distribution | undefined>>();

  constructor(private readonly tools: Tools) {}

  async pin(spec: ServiceSpec, flags: ImageFlags): Promise<PinnedSpec> {
    const image = spec.taskTemplate?.containerSpec?.image ?? '';
    const auth = flags.withRegistryAuth ? await registryAuth(this.tools.session, registryOf(image)) : undefined;
    const distribution = flags.noResolveImage ? undefined : await this.ask(image, auth);
    return { spec: distribution ? withDistribution(spec, distribution) : spec, auth };
  }

  private ask(image: string, auth: string | undefined): Promise<Distribution | undefined> {
    const answer = this.answers.get(image) ?? askRegistry(this.tools, image, auth);
    this.answers.set(image, answer);
    return answer;
  }
}

/** Pins the image of one spec. */
export function pinImage(tools: Tools, spec: ServiceSpec, flags: ImageFlags): Promise<PinnedSpec> {
  return new ImagePinner(tools).pin(spec, flags);
}
