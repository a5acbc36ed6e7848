import { LinePerNode } from './line-per-node';

describe('lines about what nodes do wrong', () => {
  it('are one for each node in ten seconds', () => {
    const lines = new LinePerNode();
    const asked: [string, number][] = [
      ['a', 0],
      ['a', 1],
      ['b', 5_000],
      ['a', 9_999],
      ['a', 10_000],
      ['b', 14_999],
      ['b', 15_000],
    ];
    expect(asked.map(([nodeId, at]) => lines.isDue(nodeId, at))).toEqual([true, false, true, false, true, false, true]);
  });
});
