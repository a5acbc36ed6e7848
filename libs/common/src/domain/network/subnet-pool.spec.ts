import { defaultGateway, nextSubnet } from './subnet-pool';

const POOL = { bases: ['10.0.0.0/16'], prefix: 20 };

describe('the next subnet of a pool', () => {
  it.each<{ taken: string[]; next: string | undefined }>([
    { taken: [], next: '10.0.0.0/20' },
    { taken: ['10.0.0.0/20'], next: '10.0.16.0/20' },
    { taken: ['10.0.17.3'], next: '10.0.0.0/20' },
    { taken: ['10.0.3.4', '10.0.16.0/24'], next: '10.0.32.0/20' },
    { taken: ['10.0.0.0/17'], next: '10.0.128.0/20' },
    { taken: ['192.168.0.0/16', 'nonsense'], next: '10.0.0.0/20' },
    { taken: ['10.0.0.0/8'], next: undefined },
  ])('beside $taken is $next', ({ taken, next }) => {
    expect(nextSubnet(POOL, taken)).toBe(next);
  });

  it('comes from the first of several ranges that has room', () => {
    const several = { bases: ['10.0.0.0/20', '10.9.0.0/20', '10.8.0.0/16'], prefix: 20 };
    expect(nextSubnet(several, [])).toBe('10.0.0.0/20');
    expect(nextSubnet(several, ['10.0.0.0/20'])).toBe('10.9.0.0/20');
    expect(nextSubnet(several, ['10.0.0.0/8'])).toBeUndefined();
  });

  it('has its first address for a gateway', () => {
    expect([defaultGateway('10.0.16.0/20'), defaultGateway('fd00::/64'), defaultGateway('x')]).toEqual([
      '10.0.16.1',
      'fd00::1',
      undefined,
    ]);
  });
});
