import { anEndpoint, aState } from '../network/testing/a-state';
import { recordsFor } from './answer';
import { NameTable } from './name-table';

const ASKER = '10.1.0.3';
const A = 1;
const AAAA = 28;
const both = (id: number): object[] => [`10.1.0.${id}`, `fd00:1::${id}`].map((address) => ({ networkId: 'back', address }));
const state = aState({
  services: [{ id: 'web', name: 'web', networks: [{ networkId: 'back' }] }],
  endpoints: [3, 4, 5].map((id) => anEndpoint(`t${id}`, 'n1', {}, { addresses: both(id) })),
});
const names = new NameTable(state);
const addresses = (type: number, random: number): string[] | undefined =>
  recordsFor(names, { name: 'tasks.web', type }, ASKER, () => random)?.map(({ data }) => data);

describe('records of several tasks', () => {
  it.each([
    { type: A, random: 0, expected: ['10.1.0.3', '10.1.0.4', '10.1.0.5'] },
    { type: A, random: 0.34, expected: ['10.1.0.4', '10.1.0.5', '10.1.0.3'] },
    { type: A, random: 0.99, expected: ['10.1.0.5', '10.1.0.3', '10.1.0.4'] },
    { type: AAAA, random: 0.34, expected: ['fd00:1::4', 'fd00:1::5', 'fd00:1::3'] },
  ])('begin with another one each time: type $type at $random', ({ type, random, expected }) => {
    expect(addresses(type, random)).toEqual(expected);
  });

  it('are none of a kind that our names do not have, and not ours for another name', () => {
    expect(addresses(16, 0)).toEqual([]);
    expect(recordsFor(names, { name: 'example.com', type: A }, ASKER, () => 0)).toBeUndefined();
  });
});

it('a container whose name DNS cannot say has none', () => {
  const endpoints = [anEndpoint('a', 'n1', { back: ASKER }, { name: 'x'.repeat(64) })];
  const table = new NameTable(aState({ endpoints }));
  expect(recordsFor(table, { name: '3.0.1.10.in-addr.arpa', type: 12 }, ASKER, () => 0)).toEqual([]);
});
