import type { Placement, ResourceRequirements, GenericResource } from '#common/proto';
import { constraintProblem } from '#common/domain';
import type { ComposeService } from '../../compose/model';
import type { Place } from '../../compose/place';
import { cpus, memory, swap, swappiness } from '../../flags/values/amounts';
import type { ValueKind } from '../../flags/flag';

function amountAt(place: Place, kind: ValueKind<number>, text: string | undefined): number {
  return text === undefined ? 0 : place.read(text, (given) => kind.parse(given));
}

function optionalAt(place: Place, kind: ValueKind<number>, text: string | undefined): number | undefined {
  return text === undefined ? undefined : amountAt(place, kind, text);
}

type Generic = { readonly discrete_resource_spec?: { readonly kind: string; readonly value: string } };

function toGeneric({ discrete_resource_spec: spec }: Generic, place: Place): GenericResource {
  if (!spec || !/^\d+$/.test(spec.value))
    throw place.error('needs a discrete_resource_spec with a kind and a whole number as value');
  return { namedResourceSpec: undefined, discreteResourceSpec: { kind: spec.kind, value: Number(spec.value) } };
}

/** The memory swap of the specification counts the memory itself; a service's swap is what comes on top. */
function swapOf({ memswap_limit: total }: ComposeService, limit: number, place: Place): number | undefined {
  const at = place.at('memswap_limit');
  const bytes = optionalAt(at, swap, total);
  if (bytes === undefined || bytes <= 0) return bytes === 0 ? undefined : bytes;
  if (bytes < limit) throw at.error('is less than the limit of memory, which it includes');
  return bytes - limit;
}

/** What tasks may use and what a node must have free: `deploy.resources`, else the keys of single containers. */
export function toResources(service: ComposeService, place: Place): ResourceRequirements | undefined {
  const { limits = {}, reservations = {} } = service.deploy?.resources ?? {};
  const inDeploy = place.at('deploy', 'resources');
  const amount = (part: 'limits' | 'reservations', key: 'cpus' | 'memory', own?: [string, string | undefined]): number => {
    const text = (part === 'limits' ? limits : reservations)[key];
    const at = text === undefined && own ? place.at(own[0]) : inDeploy.at(part, key);
    return amountAt(at, key === 'cpus' ? cpus : memory, text ?? own?.[1]);
  };
  const memoryBytes = amount('limits', 'memory', ['mem_limit', service.mem_limit]);
  const wanted: ResourceRequirements = {
    limits: {
      nanoCpus: amount('limits', 'cpus', ['cpus', service.cpus]),
      memoryBytes,
      pids: limits.pids ?? service.pids_limit ?? 0,
    },
    reservations: {
      nanoCpus: amount('reservations', 'cpus'),
      memoryBytes: amount('reservations', 'memory', ['mem_reservation', service.mem_reservation]),
      genericResources: (reservations.generic_resources ?? []).map((one, index) =>
        toGeneric(one, inDeploy.at('reservations', 'generic_resources', index)),
      ),
    },
    swapBytes: swapOf(service, memoryBytes, place),
    memorySwappiness: optionalAt(place.at('mem_swappiness'), swappiness, service.mem_swappiness),
  };
  requirePossible(wanted, inDeploy.at('reservations'));
  return wanted;
}

function requirePossible({ limits, reservations }: ResourceRequirements, place: Place): void {
  if (limits?.memoryBytes && (reservations?.memoryBytes ?? 0) > limits.memoryBytes)
    throw place.at('memory').error('is more than the limit');
  if (limits?.nanoCpus && (reservations?.nanoCpus ?? 0) > limits.nanoCpus) throw place.at('cpus').error('is more than the limit');
}

/** `linux/amd64` or `linux` in the words of nodes. */
function toPlatform(platform: string): { os: string; architecture: string } {
  const [os = '', architecture = ''] = platform.split('/');
  return { os, architecture };
}

/** Where tasks may run. */
export function toPlacement({ deploy, platform }: ComposeService, place: Place): Placement {
  const { constraints = [], preferences = [], max_replicas_per_node: maxReplicas = 0 } = deploy?.placement ?? {};
  const at = place.at('deploy', 'placement', 'constraints');
  constraints.forEach((constraint, index) => {
    const problem = constraintProblem(constraint);
    if (problem !== undefined) throw at.at(index).error(problem);
  });
  return {
    constraints: [...constraints],
    preferences: preferences.map(({ spread = '' }) => ({ spread: { spreadDescriptor: spread } })),
    maxReplicas,
    platforms: platform === undefined ? [] : [toPlatform(platform)],
  };
}
