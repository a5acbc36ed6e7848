import fc from 'fast-check';
import { IpamConfig } from '../../proto';
import { AddressPool, type AddressCursors } from './address-pool';

const config = (fields: object): IpamConfig => IpamConfig.fromPartial(fields);
const pool = (configs: IpamConfig[], cursors: AddressCursors = new Map()): AddressPool => new AddressPool('n', configs, cursors);
const SMALL = config({ subnet: '10.9.0.0/29', gateway: '10.9.0.1' });

/** Takes until nothing is left. */
function takeAll(from: AddressPool): string[] {
  const all: string[] = [];
  for (let taken = from.take(); taken; taken = from.take()) all.push(...taken);
  return all;
}

describe('the addresses of a network', () => {
  it.each([
    { name: 'all but its own, the gateway and the last', configs: [SMALL], all: [2, 3, 4, 5, 6] },
    { name: 'only those of its range', configs: [config({ ...SMALL, ipRange: '10.9.0.4/30' })], all: [4, 5, 6] },
    {
      name: 'none that something else has',
      configs: [config({ ...SMALL, auxiliaryAddresses: { printer: '10.9.0.3' } })],
      all: [2, 4, 5, 6],
    },
  ])('are given out: $name', ({ configs, all }) => {
    expect(takeAll(pool(configs))).toEqual(all.map((last) => `10.9.0.${last}/29`));
  });

  it('come one of each subnet', () => {
    expect(pool([SMALL, config({ subnet: 'fd00::/64', gateway: 'fd00::1' })]).take()).toEqual(['10.9.0.2/29', 'fd00::2/64']);
  });

  it('are those that are preferred, where they are free', () => {
    const some = pool([SMALL]);
    expect(some.take(['10.9.0.5/29'])).toEqual(['10.9.0.5/29']);
    expect(some.take(['10.9.0.5', '10.9.0.6'])).toEqual(['10.9.0.6/29']);
    expect(some.take(['192.168.0.1'])).toEqual(['10.9.0.2/29']);
  });

  it.each([
    ['10.9.0.5', true],
    ['10.9.0.1', false],
    ['10.9.0.0', false],
    ['10.9.0.7', false],
    ['10.9.0.3', false],
    ['10.9.1.5', false],
    ['nonsense', false],
  ])('can be asked for: %s is free: %s', (address, isFree) => {
    const some = pool([config({ ...SMALL, ipRange: '10.9.0.2/31' })]);
    some.occupy(['10.9.0.3/29']);
    expect(some.isFree(address)).toBe(isFree);
  });

  it('are not taken again soon after they are given back', () => {
    const cursors: AddressCursors = new Map();
    expect(pool([SMALL], cursors).take()).toEqual(['10.9.0.2/29']);
    expect(pool([SMALL], cursors).take()).toEqual(['10.9.0.3/29']);
  });

  it('are never given out twice, whatever is taken and preferred', () => {
    const address = fc.integer({ min: 0, max: 63 }).map((last) => `10.9.0.${last}`);
    const some = config({ subnet: '10.9.0.0/26', gateway: '10.9.0.1' });
    fc.assert(
      fc.property(
        fc.array(address),
        fc.array(fc.array(address, { maxLength: 3 })),
        fc.bigInt({ min: 0n, max: 2n ** 32n }),
        (busy, wishes, at) => {
          const shared = pool([some], new Map([['n/0', at]]));
          shared.occupy(busy);
          const taken = [...wishes.flatMap((wish) => shared.take(wish) ?? []), ...takeAll(shared)].map(
            (text) => text.split('/')[0],
          );
          expect(new Set([...taken, ...busy, '10.9.0.0', '10.9.0.1', '10.9.0.63']).size).toBe(64);
          expect(new Set(taken).size).toBe(taken.length);
          expect(taken.some((text) => busy.includes(text ?? ''))).toBe(false);
        },
      ),
    );
  });
});
