import { ServiceSpec, type Service } from '#common/proto';
import type { Project } from '../compose/load-project';
import { asObject } from '../json-values';
import { specDifference } from '../render/spec-difference';
import type { Tools } from '../commands/command';
import { ImagePinner } from '../commands/service/pin-image';
import type { Change } from './change';
import type { ObjectIds } from './convert/context';
import { toServiceSpec } from './convert/service';
import { IMAGE_LABEL } from './names';

/** When the registry is asked which digest an image has. */
export type ResolveImage = 'always' | 'changed' | 'never';

/** How images of a stack are settled. */
export interface ImageChoice {
  readonly resolveImage: ResolveImage;
  readonly withRegistryAuth: boolean;
}

/** A service of the stack, and what is to be done with it. */
export interface ServiceChange extends Change {
  /** Its name in the file. */
  readonly key: string;
  readonly spec: ServiceSpec;
  /** What runs now. */
  readonly current: Service | undefined;
  readonly auth: string | undefined;
}

/** The specs that the files ask for. @throws DomainError INVALID_ARGUMENT naming the file, the line and the key */
export function wantedSpecs(stack: string, { model, place }: Project, ids: ObjectIds): Map<string, ServiceSpec> {
  const context = { stack, model, ids };
  return new Map(
    Object.entries(model.services).map(([name, service]) => [
      name,
      toServiceSpec({ name, place: place.at('services', name) }, service, context),
    ]),
  );
}

const imageOf = (spec: ServiceSpec | undefined): string => spec?.taskTemplate?.containerSpec?.image ?? '';

/** What only the cluster knows stays: how often all tasks were replaced, and the digest of an image that is not asked for again. */
function withCurrent(spec: ServiceSpec, current: ServiceSpec | undefined, keepsImage: boolean): ServiceSpec {
  const { taskTemplate } = spec;
  const container = taskTemplate?.containerSpec;
  if (!current || !taskTemplate || !container) return spec;
  const image = keepsImage ? imageOf(current) : container.image;
  const placement = keepsImage ? withPlatforms(spec, current) : taskTemplate.placement;
  const forceUpdate = current.taskTemplate?.forceUpdate ?? 0;
  return { ...spec, taskTemplate: { ...taskTemplate, forceUpdate, placement, containerSpec: { ...container, image } } };
}

/** The platforms that an image was found to be for belong to its digest. */
function withPlatforms(
  { taskTemplate }: ServiceSpec,
  current: ServiceSpec,
): NonNullable<ServiceSpec['taskTemplate']>['placement'] {
  const wanted = taskTemplate?.placement;
  if (!wanted || wanted.platforms.length > 0) return wanted;
  return { ...wanted, platforms: current.taskTemplate?.placement?.platforms ?? [] };
}

async function changeOf(
  pinner: ImagePinner,
  key: string,
  wanted: ServiceSpec,
  { current, images }: { current?: Service; images: ImageChoice },
): Promise<ServiceChange> {
  const isSameImage = current?.spec?.labels[IMAGE_LABEL] === wanted.labels[IMAGE_LABEL];
  const asks = images.resolveImage === 'always' || (images.resolveImage === 'changed' && !isSameImage);
  const { spec: pinned, auth } = await pinner.pin(wanted, {
    noResolveImage: !asks,
    withRegistryAuth: images.withRegistryAuth,
  });
  const isPinned = imageOf(pinned) !== imageOf(wanted);
  const spec = withCurrent(pinned, current?.spec, isSameImage && !isPinned);
  const about = { noun: 'service', name: wanted.name, key, spec, auth, current } as const;
  if (!current) return { ...about, kind: 'create', details: [] };
  const details = specDifference(
    asObject(ServiceSpec.toJSON(current.spec ?? ServiceSpec.fromPartial({}))),
    asObject(ServiceSpec.toJSON(spec)),
  );
  return { ...about, kind: details.length === 0 ? 'unchanged' : 'update', details };
}

/** Compares the services of a stack with those that are there. Registries are asked for all images at once. */
export function serviceChanges(
  tools: Tools,
  specs: ReadonlyMap<string, ServiceSpec>,
  { there, images }: { there: readonly Service[]; images: ImageChoice },
): Promise<ServiceChange[]> {
  const pinner = new ImagePinner(tools);
  const currentOf = (name: string): Service | undefined => there.find(({ spec }) => spec?.name === name);
  return Promise.all([...specs].map(([key, spec]) => changeOf(pinner, key, spec, { current: currentOf(spec.name), images })));
}
