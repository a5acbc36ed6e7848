import type { Node, Task } from '#common/proto';
import { onNodes, type Filter } from './filter';

/** Drivers that are part of every engine and that engines do not list, or list under another name. */
const BUILT_IN: Readonly<Record<string, readonly string[]>> = { Volume: ['local'], Log: ['none'] };

/** The volume and log drivers that the task names are on the node (SwarmKit scheduler/filter.go PluginFilter). */
export const pluginFilter: Filter = {
  name: 'plugins',
  prepare(task) {
    const needed = pluginsOf(task);
    if (needed.length === 0) return [];
    return [
      {
        admits: ({ node }) => needed.every((plugin) => hasPlugin(node, plugin)),
        why: (nodes) => `missing plugin ${onNodes(nodes)}`,
        refusal: ({ node }) => `missing plugin ${missingOn(node, needed).join(', ')}`,
      },
    ];
  },
};

function missingOn(node: Node, needed: readonly Plugin[]): string[] {
  return needed.filter((plugin) => !hasPlugin(node, plugin)).map(({ type, name }) => `${name} (${type.toLowerCase()})`);
}

interface Plugin {
  type: 'Volume' | 'Log';
  name: string;
}

function pluginsOf(task: Task): Plugin[] {
  const mounts = task.spec?.containerSpec?.mounts ?? [];
  const volumes = mounts
    .filter(({ type }) => type === 'volume')
    .flatMap(({ volumeOptions }) => volumeOptions?.driverConfig?.name ?? []);
  const named: Plugin[] = [
    ...volumes.map((name): Plugin => ({ type: 'Volume', name })),
    { type: 'Log', name: task.spec?.logDriver?.name ?? '' },
  ];
  return named.filter(({ type, name }) => name !== '' && !BUILT_IN[type]?.includes(name));
}

/** A plugin may be listed with its tag; a node that has told of no plugins at all is given the benefit of the doubt. */
function hasPlugin(node: Node, { type, name }: Plugin): boolean {
  const listed = node.description?.engine?.plugins ?? [];
  if (listed.length === 0) return true;
  return listed.some((plugin) => plugin.type === type && (plugin.name === name || plugin.name === `${name}:latest`));
}
