import fc from 'fast-check';
import { encryptedAddressOf } from '#common/domain';
import type { Node } from '#common/proto';
import type { ViewChange } from '#common/store';
import { aNode } from '../testing/builders';
import { isOneNodes } from './address-owner';
import { NodeIndex } from './node-index';

const IDS = ['a1', 'a2', '0a1', 'b1', 'b2'];
const TUNNELLED = IDS.map(encryptedAddressOf);
const ADDRESSES = ['', '127.0.0.1', '10.0.0.1', '10.0.0.2', 'fd00::1'];
const KEYS = ['', 'k1', 'k2', 'k3'];

/** A node as it is from now on, or gone; and whether the view was rebuilt with that. */
interface Step {
  readonly id: string;
  readonly node: Node | undefined;
  readonly isRebuilt: boolean;
}

const step: fc.Arbitrary<Step> = fc
  .record({
    ...{ id: fc.constantFrom(...IDS), isGone: fc.boolean(), isRebuilt: fc.boolean() },
    ...{ addr: fc.constantFrom(...ADDRESSES), key: fc.constantFrom(...KEYS), next: fc.constantFrom(...KEYS) },
  })
  .map(({ id, isGone, isRebuilt, addr, key, next }) => {
    const node = isGone ? undefined : aNode(id, { addr, networking: { wireguardKey: key, nextWireguardKey: next } });
    return { id, node, isRebuilt };
  });

class FakeView {
  readonly all = new Map<string, Node>();
  /** How often all nodes were asked for. */
  scans = 0;
  node = (id: string): Node | undefined => this.all.get(id);
  nodes = (): Node[] => {
    this.scans++;
    return [...this.all.values()];
  };

  put(id: string, node: Node | undefined): void {
    if (node) this.all.set(id, node);
    else this.all.delete(id);
  }
}

describe('the index of what only one node can have', () => {
  it('equals a look at all nodes, after any history and however changes come in batches', () => {
    fc.assert(
      fc.property(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), (batches) => {
        const view = new FakeView();
        const index = new NodeIndex(view);
        for (const batch of batches) {
          for (const { id, node } of batch) view.put(id, node);
          index.follow(batch.map(({ id, isRebuilt }): ViewChange => (isRebuilt ? { kind: 'everything' } : { kind: 'node', id })));
        }
        const holders = (values: readonly string[], of: (value: string) => readonly string[]): string =>
          values.map((value) => `${value}: ${[...of(value)].sort().join()}`).join('; ');
        const scan =
          (has: (node: Node, value: string) => boolean) =>
          (value: string): string[] =>
            [...view.all.values()].filter((node) => has(node, value)).map(({ id }) => id);
        const hasAddress = scan(({ status }, address) => isOneNodes(address) && status?.addr === address);
        const hasKey = scan(({ description }, key) => {
          const { wireguardKey, nextWireguardKey } = description?.networking ?? {};
          return key !== '' && (key === wireguardKey || key === nextWireguardKey);
        });
        const isTunnelled = scan(({ id }, address) => encryptedAddressOf(id) === address);
        expect(holders(ADDRESSES, (address) => index.addresses.of(address))).toBe(holders(ADDRESSES, hasAddress));
        expect(holders(KEYS, (key) => index.keys.of(key))).toBe(holders(KEYS, hasKey));
        expect(holders(TUNNELLED, (address) => index.tunnelled.of(address))).toBe(holders(TUNNELLED, isTunnelled));
      }),
      { numRuns: Number(process.env.SECURITY_RUNS ?? 500) },
    );
  });

  it('names the addresses that nodes had and have, and looks at those nodes only', () => {
    const view = new FakeView();
    const index = new NodeIndex(view);
    view.put('a1', aNode('a1', { addr: '10.0.0.1' }));
    view.put('b1', aNode('b1', { addr: '10.0.0.3' }));
    expect([...index.follow([{ kind: 'everything' }])]).toEqual(['10.0.0.1', '10.0.0.3']);
    view.put('a1', aNode('a1', { addr: '10.0.0.2' }));
    expect([...index.follow([{ kind: 'leader' }, { kind: 'node', id: 'a1' }])]).toEqual(['10.0.0.1', '10.0.0.2']);
    expect([...index.follow([{ kind: 'cluster' }])]).toEqual([]);
    expect(view.scans).toBe(1);
  });
});
