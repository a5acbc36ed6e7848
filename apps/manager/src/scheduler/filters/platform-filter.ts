import type { Platform } from '#common/proto';
import { onNodes, type Filter } from './filter';

/** The node's platform is one of those that the image runs on. */
export const platformFilter: Filter = {
  name: 'platform',
  prepare(task) {
    const platforms = task.spec?.placement?.platforms ?? [];
    if (platforms.length === 0) return [];
    return [
      {
        admits: ({ node }) => platforms.some((wanted) => runsOn(wanted, node.description?.platform)),
        why: (nodes) => `unsupported platform ${onNodes(nodes)}`,
        refusal: ({ node }) =>
          `the image runs on ${platforms.map(inWords).join(', ')}, the node is ${inWords(node.description?.platform)}`,
      },
    ];
  },
};

function inWords(platform: Platform | undefined): string {
  return `${platform?.os || 'any system'}/${platform?.architecture || 'any architecture'}`;
}

/** Engines say x86_64 where registries say amd64; an empty field accepts anything. */
const SAME_ARCHITECTURE: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

function normalized(architecture: string): string {
  return SAME_ARCHITECTURE[architecture] ?? architecture;
}

function runsOn(wanted: Platform, actual: Platform | undefined): boolean {
  const sameOs = wanted.os === '' || wanted.os === actual?.os;
  return sameOs && (wanted.architecture === '' || normalized(wanted.architecture) === normalized(actual?.architecture ?? ''));
}
