import type { Placement, Platform, ServiceSpec } from '../proto';
import { pinnedImage } from './image-reference';

/** What a registry says of an image. */
export interface Distribution {
  readonly digest: string;
  /** What it was built for; empty when the registry does not say. */
  readonly platforms: readonly Platform[];
}

/** The spec with its image pinned to a digest, and placed only on nodes whose platform the image was built for. */
export function withDistribution(spec: ServiceSpec, { digest, platforms }: Distribution): ServiceSpec {
  const task = spec.taskTemplate;
  const container = task?.containerSpec;
  if (!task || !container) return spec;
  const containerSpec = { ...container, image: pinnedImage(container.image, digest) };
  const placement = placementOn(task.placement, platforms.map(schedulable));
  return { ...spec, taskTemplate: { ...task, containerSpec, placement } };
}

/** What a client is told when an image stays as it is named. */
export function unpinnedWarning(image: string): string {
  return (
    `image ${image} could not be accessed on a registry to record its digest. Each node will access ${image} independently, ` +
    'possibly leading to different nodes running different versions of the image.'
  );
}

function placementOn(placement: Placement | undefined, platforms: Platform[]): Placement | undefined {
  if (!placement && platforms.length === 0) return undefined;
  return { constraints: [], preferences: [], maxReplicas: 0, ...placement, platforms };
}

/** Engines on 32-bit Arm tell their variant (armv7l) where images only say arm, so the architecture is left open, as Docker does. */
function schedulable({ architecture, os }: Platform): Platform {
  return { architecture: architecture.toLowerCase() === 'arm' ? '' : architecture, os };
}
