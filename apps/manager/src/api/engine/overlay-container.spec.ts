import { onEngineNetwork, wantedAddresses, wantedAliases, wantedNetwork } from './overlay-container';

const PLACE = {
  networkId: 'lan-id',
  engineNetwork: 'engine-lan',
  address: '10.1.0.5',
  ipv6Address: '',
  mac: '02:42:0a:01:00:05',
  gateway: '10.1.0.1',
};

it.each<[object, string | undefined]>([
  [{}, undefined],
  [{ HostConfig: { NetworkMode: 'default' } }, undefined],
  [{ HostConfig: { NetworkMode: 'lan' } }, 'lan'],
  [{ HostConfig: { NetworkMode: 'host' }, NetworkingConfig: { EndpointsConfig: {} } }, 'host'],
  [{ NetworkingConfig: { EndpointsConfig: { lan: {} } } }, 'lan'],
  [{ HostConfig: { NetworkMode: 5 }, NetworkingConfig: 'x' }, undefined],
])('%j wants the network %s', (body, network) => expect(wantedNetwork(body as never)).toBe(network));

it('puts the engine’s network in place of the overlay, with the place that was given', () => {
  const body = {
    Image: 'busybox',
    HostConfig: { NetworkMode: 'lan', Dns: ['1.1.1.1'], Memory: 5 },
    NetworkingConfig: { EndpointsConfig: { lan: { Aliases: ['a'], IPAMConfig: null } } },
  };
  expect(wantedAliases(body as never, 'lan')).toEqual(['a']);
  expect(onEngineNetwork(body as never, 'lan', PLACE)).toEqual({
    Image: 'busybox',
    MacAddress: PLACE.mac,
    HostConfig: { NetworkMode: 'engine-lan', Dns: ['10.1.0.1', '1.1.1.1'], Memory: 5 },
    NetworkingConfig: {
      EndpointsConfig: { 'engine-lan': { Aliases: ['a'], IPAMConfig: { IPv4Address: '10.1.0.5' }, MacAddress: PLACE.mac } },
    },
  });
});

it.each<[unknown, string[]]>([
  [undefined, []],
  [{ IPAMConfig: null }, []],
  [{ IPAMConfig: { IPv4Address: '' } }, []],
  [{ IPAMConfig: { IPv4Address: 7 } }, []],
  [{ IPAMConfig: { IPv4Address: '10.1.0.9' } }, ['10.1.0.9']],
  [{ IPAMConfig: { IPv4Address: '10.1.0.9', IPv6Address: 'fd00::9' } }, ['10.1.0.9', 'fd00::9']],
])('%j wants the addresses %j', (endpoint, addresses) => expect(wantedAddresses(endpoint)).toEqual(addresses));
