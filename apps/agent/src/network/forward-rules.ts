/** Our chain of iptables; the engine's rules refuse what comes from outside to its bridges, unless it was accepted before. */
export const FORWARD_CHAIN = 'SWARMCTL-FORWARD';
/** The chain for the rules of the host's owner, which the engine keeps at the front. */
const OWNERS_CHAIN = 'DOCKER-USER';
const JUMP = `-A FORWARD -j ${FORWARD_CHAIN}`;
/** How agents before this one accepted the same, before the owner was asked. */
const FORMER_RULES = [
  '-o sc+ -m conntrack --ctstate DNAT -j ACCEPT',
  '-i sc+ -o sc+ -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
];

/**
 * What `iptables-restore --noflush` has to be given so that the host lets connections into the bridges: to published ports, and answers.
 * INVARIANT: directly after the owner's chain, so that the owner's rules decide first, whatever they are and whenever they are made.
 * @param listing what `iptables -S` prints
 * @param bridges none: nothing of ours is to be left
 * @returns undefined when all is as it is to be
 */
export function forwardChanges(listing: string, bridges: readonly string[]): string | undefined {
  const lines = listing.split('\n').map((line) => line.trim());
  const forward = lines.filter((line) => line.startsWith('-A FORWARD '));
  const wanted = bridges.flatMap(rulesOf);
  const present = lines.filter((line) => line.startsWith(`-A ${FORWARD_CHAIN} `));
  const former = FORMER_RULES.map((rule) => `-A ${OWNERS_CHAIN} ${rule}`).filter((rule) => lines.includes(rule));
  const exists = lines.includes(`-N ${FORWARD_CHAIN}`);
  const removed = [...former, ...forward.filter((line) => line === JUMP)].map((line) => line.replace('-A', '-D'));
  if (bridges.length === 0) {
    return exists || former.length > 0
      ? script([...(exists ? [`:${FORWARD_CHAIN} - [0:0]`] : []), ...removed, ...(exists ? [`-X ${FORWARD_CHAIN}`] : [])])
      : undefined;
  }
  const isInPlace = forward.indexOf(JUMP) === placeIn(forward) && forward.indexOf(JUMP) === forward.lastIndexOf(JUMP);
  if (isInPlace && former.length === 0 && present.join() === wanted.join()) return undefined;
  const others = forward.filter((line) => line !== JUMP);
  return script([`:${FORWARD_CHAIN} - [0:0]`, ...wanted, ...removed, `-I FORWARD ${placeIn(others) + 1} -j ${FORWARD_CHAIN}`]);
}

/** Whether the engine has made its chain for the owner's rules: without it the engine refuses nothing, or has yet to start. */
export function hasOwnersChain(listing: string): boolean {
  return listing.includes(`-A FORWARD -j ${OWNERS_CHAIN}`);
}

function placeIn(forward: readonly string[]): number {
  return forward.indexOf(`-A FORWARD -j ${OWNERS_CHAIN}`) + 1;
}

/** As `iptables -S` prints them. */
function rulesOf(bridge: string): string[] {
  return [
    `-A ${FORWARD_CHAIN} -o ${bridge} -m conntrack --ctstate DNAT -j ACCEPT`,
    `-A ${FORWARD_CHAIN} -i ${bridge} -o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  ];
}

function script(lines: readonly string[]): string {
  return ['*filter', ...lines, 'COMMIT', ''].join('\n');
}
