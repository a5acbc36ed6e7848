import { forwardChanges } from './forward-rules';

const OWN = [
  '-N SWARMCTL-FORWARD',
  '-A SWARMCTL-FORWARD -o sc10001 -m conntrack --ctstate DNAT -j ACCEPT',
  '-A SWARMCTL-FORWARD -i sc10001 -o sc10001 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
];
const forward = (...targets: string[]): string => [...OWN, ...targets.map((target) => `-A FORWARD -j ${target}`)].join('\n');

describe('our place among the rules for what is forwarded', () => {
  it.each([
    {
      what: 'directly behind the owner',
      listing: forward('DOCKER-USER', 'SWARMCTL-FORWARD', 'DOCKER-ISOLATION-STAGE-1'),
      insert: undefined,
    },
    {
      what: 'behind the engine, which was started anew',
      listing: forward('DOCKER-USER', 'DOCKER-ISOLATION-STAGE-1', 'SWARMCTL-FORWARD'),
      insert: 2,
    },
    { what: 'before the owner', listing: forward('SWARMCTL-FORWARD', 'DOCKER-USER'), insert: 2 },
    { what: 'nowhere', listing: forward('ufw-before-forward', 'DOCKER-USER', 'DOCKER-ISOLATION-STAGE-1'), insert: 3 },
    { what: 'twice', listing: forward('DOCKER-USER', 'SWARMCTL-FORWARD', 'SWARMCTL-FORWARD'), insert: 2 },
  ])('$what: becomes, or stays, the one behind the rules of the owner', ({ listing, insert }) => {
    const changes = forwardChanges(listing, ['sc10001']);
    expect(/-I FORWARD (\d+) -j SWARMCTL-FORWARD/.exec(changes ?? '')?.[1]).toBe(insert?.toString());
    expect(changes?.match(/-D FORWARD/g)?.length ?? 0).toBe(
      insert === undefined ? 0 : (listing.match(/-j SWARMCTL/g)?.length ?? 0),
    );
  });

  it('is made anew when the bridges are others', () => {
    const changes = forwardChanges(forward('DOCKER-USER', 'SWARMCTL-FORWARD'), ['sc10001', 'sc10002']);
    expect(changes).toContain('-A SWARMCTL-FORWARD -o sc10002 -m conntrack --ctstate DNAT -j ACCEPT\n');
  });

  it('is free of what earlier agents put before the rules of the owner', () => {
    const former = '-A DOCKER-USER -o sc+ -m conntrack --ctstate DNAT -j ACCEPT';
    const listing = `${forward('DOCKER-USER', 'SWARMCTL-FORWARD')}\n${former}\n-A DOCKER-USER -j RETURN`;
    expect(forwardChanges(listing, ['sc10001'])).toContain(former.replace('-A', '-D'));
  });

  it('is given up with the last network', () => {
    expect(forwardChanges(forward('DOCKER-USER', 'SWARMCTL-FORWARD'), [])).toBe(
      '*filter\n:SWARMCTL-FORWARD - [0:0]\n-D FORWARD -j SWARMCTL-FORWARD\n-X SWARMCTL-FORWARD\nCOMMIT\n',
    );
    expect(forwardChanges('-P FORWARD DROP\n-A FORWARD -j DOCKER-USER', [])).toBeUndefined();
  });
});
