import { toBaseNeeds } from './base-needs';
import { NO_NETWORKS } from './network-state';
import { aNetwork, aState } from './testing/a-state';

describe('what a node closes to its containers', () => {
  it('is from the start what its command line names', () => {
    const needs = toBaseNeeds({ managers: ['m.local:2378', '[fd00::1]:2378'], statusListen: '0.0.0.0:9105' }, NO_NETWORKS);
    expect(needs.places).toEqual([
      { host: 'm.local', port: 2378, isOpenToUsers: false, isGuarded: false },
      { host: 'fd00::1', port: 2378, isOpenToUsers: false, isGuarded: false },
      { host: '0.0.0.0', port: 9105, isOpenToUsers: true, isGuarded: true },
    ]);
    expect(needs).toMatchObject({ hosts: [], hostPorts: [9105], names: { port: 4753, bridges: [] } });
  });

  it('is also what managers tell, with networks or without', () => {
    const controlPlane = {
      addresses: ['10.0.0.9:2375', '10.0.0.9:2379'],
      userAddresses: ['10.0.0.9:2375'],
      networks: ['10.0.0.0/24'],
    };
    const needs = toBaseNeeds({ managers: [], statusListen: '127.0.0.1:9105' }, aState({ controlPlane }));
    expect(needs.places.map(({ port, isOpenToUsers }) => ({ port, isOpenToUsers }))).toEqual([
      { port: 2375, isOpenToUsers: true },
      { port: 2379, isOpenToUsers: false },
      { port: 9105, isOpenToUsers: true },
    ]);
    expect(needs).toMatchObject({ hosts: ['10.0.0.0/24'], hostPorts: [] });
  });

  it('is not its name server, which its own overlays may ask', () => {
    const state = aState({ networks: [aNetwork('back', '10.1.0.0/24')] });
    expect(toBaseNeeds({ managers: [], statusListen: undefined }, state).names?.bridges).toEqual(['sc10001']);
  });

  it('is told apart by the networks alone, without a look at the nodes and tasks on them', () => {
    const untouched = new Proxy(new Map<string, never>(), {
      get: () => {
        throw new Error('it is looked at');
      },
    });
    const networks = [aNetwork('back', '10.1.0.0/24'), aNetwork('front', '10.2.0.0/24', { vxlanId: 0x10002 })];
    const state = { ...aState({ networks }), nodes: untouched, services: untouched, endpoints: untouched };
    expect(toBaseNeeds({ managers: [], statusListen: undefined }, state).names?.bridges).toEqual(['sc10001', 'sc10002']);
  });
});
