import { createLogger } from '#common/logging';
import { type BaseNeeds, readAddress } from '#common/packet-filter';
import type { ViewChange } from '#common/store';
import { ControlPlane, type ManagerPlaces } from './control-plane';

const own = { isOpenToUsers: false, isGuarded: true };

/** A control plane of a manager on a host with these addresses, and what its host's rules and its agents were given. */
function aControlPlane(
  members: () => string[],
  places: readonly { host: string; port: number; isOpenToUsers?: boolean }[],
  managers: () => ManagerPlaces[] = () => [],
) {
  const given: { needs?: BaseNeeds; changes: number; tell?: ((changes: readonly ViewChange[]) => void) | undefined } = {
    changes: 0,
  };
  const plane = new ControlPlane({
    etcd: { memberAddresses: () => (members().length > 0 ? Promise.resolve(members()) : Promise.reject(new Error('away'))) },
    own: places.map((place) => ({ ...own, ...place })),
    networks: ['10.0.0.0/24'],
    store: {
      view: { managers },
      onChange: (listener) => {
        given.tell = listener;
        return () => (given.tell = undefined);
      },
    },
    filter: {
      interfaces: { uplinks: [], addresses: ['127.0.0.1', '10.0.0.1', '172.17.0.1'], uplinkAddresses: ['10.0.0.1', 'fd00::1'] },
      addressesOf: (host) => (host === 'etcd.example' ? ['10.0.0.9'] : [readAddress(host) ?? []].flat()),
      update: (needs) => Promise.resolve(void (given.needs = needs)),
    },
    changed: () => given.changes++,
    logger: createLogger('test', 'silent'),
  });
  return { plane, given };
}

it('tells of members of etcd that have come or gone, and of nothing else', async () => {
  let members = ['10.0.0.7:2379'];
  const { plane, given } = aControlPlane(() => members, [{ host: '10.0.0.8', port: 2378 }]);
  const afterwards = async (next: string[]): Promise<[readonly string[], number]> => {
    members = next;
    await plane.refresh();
    return [plane.message.addresses, given.changes];
  };
  expect(await afterwards(['10.0.0.7:2379'])).toEqual([['10.0.0.7:2379', '10.0.0.8:2378'], 1]);
  expect(await afterwards(['10.0.0.7:2379'])).toEqual([['10.0.0.7:2379', '10.0.0.8:2378'], 1]);
  expect(await afterwards([])).toEqual([['10.0.0.7:2379', '10.0.0.8:2378'], 1]);
  expect(await afterwards(['10.0.0.6:2379'])).toEqual([['10.0.0.6:2379', '10.0.0.8:2378'], 2]);
  expect(given.needs?.places.map(({ host }) => host)).toEqual(['10.0.0.8', '10.0.0.6']);
});

it.each([
  { what: 'a name', place: { host: 'etcd.example', port: 2379 }, addresses: ['10.0.0.9:2379'] },
  { what: 'one that is not found', place: { host: 'nowhere.example', port: 2379 }, addresses: [] },
  { what: 'all of its addresses', place: { host: '::', port: 2378 }, addresses: ['10.0.0.1:2378', '[fd00::1]:2378'] },
  { what: 'loopback', place: { host: '127.0.0.1', port: 2379 }, addresses: ['10.0.0.1:2379', '[fd00::1]:2379'] },
  { what: 'one of its addresses', place: { host: '10.0.0.1', port: 2379 }, addresses: ['10.0.0.1:2379', '[fd00::1]:2379'] },
  { what: 'another host over IPv6', place: { host: 'fd00::7', port: 2379 }, addresses: ['[fd00::7]:2379'] },
])('tells agents where others reach what the manager knows as $what', ({ place, addresses }) => {
  expect(aControlPlane(() => [], [place]).plane.message.addresses).toEqual(addresses);
});

it('tells agents what users of their hosts may reach, and which hosts may come', () => {
  const { plane } = aControlPlane(
    () => [],
    [
      { host: '10.0.0.8', port: 2378 },
      { host: '10.0.0.8', port: 2375, isOpenToUsers: true },
    ],
  );
  expect(plane.message).toEqual({
    addresses: ['10.0.0.8:2375', '10.0.0.8:2378'],
    userAddresses: ['10.0.0.8:2375'],
    networks: ['10.0.0.0/24'],
  });
});

describe('other managers', () => {
  const other: ManagerPlaces = {
    agentAddress: '10.0.0.2:2378',
    addresses: ['10.0.0.2:2375', '10.0.0.2:2378', '192.168.0.2:2375', '[fd00::2]:2378'],
    userAddresses: ['10.0.0.2:2375', '192.168.0.2:2375'],
  };
  const reachable = {
    addresses: ['10.0.0.2:2375', '10.0.0.2:2378', '10.0.0.8:2378', '192.168.0.2:2375', '[fd00::2]:2378'],
    userAddresses: ['10.0.0.2:2375', '192.168.0.2:2375'],
  };
  const own = [{ host: '10.0.0.8', port: 2378 }];

  it.each<{ what: string; managers: ManagerPlaces[]; expected: Partial<typeof reachable> }>([
    { what: 'that tell where they are reached', managers: [other], expected: reachable },
    {
      what: 'of an earlier version by their dispatcher',
      managers: [{ agentAddress: '10.0.0.2:2378', addresses: [], userAddresses: [] }],
      expected: { addresses: ['10.0.0.2:2378', '10.0.0.8:2378'], userAddresses: [] },
    },
    {
      what: 'at a place that one takes for private to no user',
      managers: [other, { agentAddress: '10.0.0.3:2378', addresses: ['10.0.0.2:2375'], userAddresses: [] }],
      expected: { userAddresses: ['192.168.0.2:2375'] },
    },
  ])('are made known $what', ({ managers, expected }) => {
    expect(
      aControlPlane(
        () => [],
        own,
        () => managers,
      ).plane.message,
    ).toMatchObject(expected);
  });

  it('are not passed on in what this one tells of itself', () => {
    expect(
      aControlPlane(
        () => [],
        own,
        () => [other],
      ).plane.own,
    ).toEqual({ addresses: ['10.0.0.8:2378'], userAddresses: [] });
  });

  it('are closed to containers of this host as soon as they come, move or go', async () => {
    let managers: ManagerPlaces[] = [];
    const { plane, given } = aControlPlane(
      () => [],
      own,
      () => managers,
    );
    const stopping = new AbortController();
    const running = plane.run(stopping.signal);
    const afterwards = async (next: ManagerPlaces[], kind: 'manager' | 'leader' = 'manager'): Promise<[string[], number]> => {
      managers = next;
      given.tell?.([{ kind, id: 'm' } as ViewChange]);
      await Promise.resolve();
      await Promise.resolve();
      const text = (given.needs?.places ?? []).map(({ host, port, isOpenToUsers }) => `${host} ${port} ${isOpenToUsers}`);
      return [text, given.changes];
    };
    expect(await afterwards([])).toEqual([['10.0.0.8 2378 false'], 1]);
    const closed = ['10.0.0.2 2375 true', '10.0.0.2 2378 false', '192.168.0.2 2375 true', 'fd00::2 2378 false'];
    expect(await afterwards([other])).toEqual([['10.0.0.8 2378 false', ...closed], 2]);
    expect(await afterwards([{ ...other }])).toEqual([['10.0.0.8 2378 false', ...closed], 2]);
    expect(await afterwards([], 'leader')).toEqual([['10.0.0.8 2378 false', ...closed], 2]);
    expect(await afterwards([])).toEqual([['10.0.0.8 2378 false'], 3]);
    stopping.abort();
    await running;
    expect(given.tell).toBeUndefined();
  });
});
