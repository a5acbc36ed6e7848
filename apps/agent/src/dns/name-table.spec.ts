import { aNetwork, anEndpoint, aState } from '../network/testing/a-state';
import { NameTable } from './name-table';

const ASKER = '10.1.0.9';

const service = (id: string, networkId: string, fields: object = {}): object => ({
  id,
  name: id,
  networks: [{ networkId, aliases: [], virtualAddresses: [], ...fields }],
});
const state = aState({
  networks: [aNetwork('back', '10.1.0.0/24'), aNetwork('other', '10.2.0.0/24')],
  services: [
    service('web', 'back', { aliases: ['Front'], virtualAddresses: ['10.1.0.2'] }),
    service('store', 'back'),
    service('hidden', 'other', { virtualAddresses: ['10.2.0.2'] }),
  ],
  endpoints: [
    anEndpoint('t1', 'n1', { back: '10.1.0.3' }),
    anEndpoint('t2', 'n2', { back: '10.1.0.4' }, { slot: 2, name: 'web.2.t2' }),
    anEndpoint('t3', 'n2', { back: '10.1.0.5' }, { slot: 3, name: 'web.3.t3', serving: false }),
    anEndpoint('s1', 'n1', { back: '10.1.0.6' }, { serviceId: 'store', name: 'store.1.s1' }),
    anEndpoint('h1', 'n1', { other: '10.2.0.3' }, { serviceId: 'hidden', name: 'hidden.1.h1' }),
    anEndpoint('asker', 'n1', { back: ASKER }, { serviceId: 'asker', name: 'asker.1.asker' }),
  ],
});
const names = new NameTable(state);

describe('a name on a network', () => {
  it.each<{ name: string; found: string[] | 'elsewhere' }>([
    { name: 'web', found: ['10.1.0.2'] },
    { name: 'WEB.', found: ['10.1.0.2'] },
    { name: 'front', found: ['10.1.0.2'] },
    { name: 'tasks.web', found: ['10.1.0.3', '10.1.0.4'] },
    { name: 'tasks.front', found: ['10.1.0.3', '10.1.0.4'] },
    { name: '2.web', found: ['10.1.0.4'] },
    { name: '3.web', found: [] },
    { name: 'web.2.t2', found: ['10.1.0.4'] },
    { name: 'store', found: ['10.1.0.6'] },
    { name: 'hidden', found: 'elsewhere' },
    { name: 'tasks.hidden', found: 'elsewhere' },
    { name: 'hidden.1.h1', found: 'elsewhere' },
    { name: 'example.com', found: 'elsewhere' },
  ])('$name leads to $found', ({ name, found }) => {
    expect(names.lookUp(name, ASKER)).toEqual(found);
  });

  it('is nothing to those who are on no network', () => {
    expect(names.lookUp('web', '192.168.0.1')).toBe('elsewhere');
  });
});

describe('an address asked for backwards', () => {
  it.each([
    { address: '4.0.1.10', found: ['web.2.t2'] },
    { address: '2.0.1.10', found: ['web'] },
    { address: '3.0.2.10', found: 'elsewhere' },
    { address: '8.8.8.8', found: 'elsewhere' },
  ])('$address leads to $found', ({ address, found }) => {
    expect(names.lookUpAddress(`${address}.in-addr.arpa`, ASKER)).toEqual(found);
  });
});

it('an IPv6 address asked for backwards leads to its task', () => {
  const addresses = ['10.1.0.3', 'fd00:1::3'].map((address) => ({ networkId: 'back', address }));
  const table = new NameTable(aState({ endpoints: [anEndpoint('asker', 'n1', {}, { addresses })] }));
  const digits = '3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.d.f';
  expect(table.lookUpAddress(`${digits}.ip6.arpa`, '10.1.0.3')).toEqual(['web.1.asker']);
  expect(table.lookUpAddress('3.0.0.ip6.arpa', '10.1.0.3')).toBe('elsewhere');
});

it('a task may have name servers of its own for names that are none of ours', () => {
  const endpoints = [
    anEndpoint('a', 'n1', { back: '10.1.0.3' }, { nameservers: ['192.0.2.1', '192.0.2.2'] }),
    anEndpoint('b', 'n1', { back: '10.1.0.4' }),
  ];
  const table = new NameTable(aState({ endpoints }));
  expect(table.nameserversOf('10.1.0.3')).toEqual(['192.0.2.1', '192.0.2.2']);
  expect(table.nameserversOf('10.1.0.4')).toBeUndefined();
});
