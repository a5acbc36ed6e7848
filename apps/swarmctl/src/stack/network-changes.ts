import type { NetworkAnswer } from '../network-answer';
import type { Change } from './change';
import type { StackObjects } from './convert/objects';
import { NAMESPACE_LABEL } from './names';

type WantedNetwork = StackObjects['networks'][number];

/** A network of the stack, and what is to be done with it. */
export interface NetworkChange extends Change {
  readonly wanted: WantedNetwork;
}

/** What is said of a network that is there with other settings, which cannot be changed. */
function differences({ spec }: WantedNetwork, there: NetworkAnswer): string[] {
  const has = (trait: string): boolean => there.traits.includes(trait);
  const subnets = (spec.ipam?.config ?? []).map(({ subnet }) => subnet).filter(Boolean);
  const isDifferent: Readonly<Record<string, boolean>> = {
    driver: spec.driver !== there.driver,
    internal: spec.internal !== has('internal'),
    attachable: spec.attachable !== has('attachable'),
    driver_opts: Object.entries(spec.options).some(([name, value]) => there.options[name] !== value),
    ipam: subnets.some((subnet) => !there.subnets.some((known) => known.subnet === subnet)),
    labels: Object.entries(spec.labels).some(([name, value]) => name !== NAMESPACE_LABEL && there.labels[name] !== value),
  };
  return Object.keys(isDifferent).filter((key) => isDifferent[key]);
}

/** Networks are made when they are missing. Those that are there stay as they are. */
export function networkChanges(wanted: readonly WantedNetwork[], there: readonly NetworkAnswer[]): NetworkChange[] {
  return wanted.map((network) => {
    const found = there.find(({ name }) => name === network.name);
    if (!found) return { kind: 'create', noun: 'network', name: network.name, details: [], wanted: network };
    const different = differences(network, found);
    const details =
      different.length === 0
        ? []
        : [`stays as it is: a network cannot be changed, and ${different.join(', ')} differ; give it another name`];
    return { kind: 'unchanged', noun: 'network', name: network.name, details, wanted: network };
  });
}
