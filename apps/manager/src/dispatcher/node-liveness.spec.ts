import { NodeLiveness, RECONNECT_GRACE_MS } from './node-liveness';

const PERIOD_MS = 1_000;
const TICK_MS = 250;

/** Ticks from `from` until `to` and says when which node was lost. */
function run(liveness: NodeLiveness, from: number, to: number): [number, string, string][] {
  const lost: [number, string, string][] = [];
  for (let now = from; now <= to; now += TICK_MS) {
    for (const { nodeId, reason } of liveness.tick(now, TICK_MS)) lost.push([now, nodeId, reason]);
  }
  return lost;
}

describe('a node', () => {
  it('is lost after three heartbeats have not come, once', () => {
    const liveness = new NodeLiveness(PERIOD_MS);
    liveness.heard('a', '', 0);
    expect(run(liveness, 0, 10_000)).toEqual([[3_000, 'a', 'heartbeat failure']]);
  });

  it('stays while its heartbeats come', () => {
    const liveness = new NodeLiveness(PERIOD_MS);
    for (let now = 0; now < 20_000; now += TICK_MS) {
      if (now % PERIOD_MS === 0) liveness.heard('a', '', now);
      expect(liveness.tick(now, TICK_MS)).toEqual([]);
    }
  });

  it('whose engine is away is lost although its agent lives, and says why', () => {
    const liveness = new NodeLiveness(PERIOD_MS);
    liveness.heard('a', '', 0);
    liveness.heard('a', 'connection refused', 1_000);
    liveness.heard('a', 'connection refused', 2_000);
    expect(run(liveness, 2_000, 10_000)).toEqual([[3_000, 'a', 'engine failure: connection refused']]);
  });

  it('whose engine is back in time is not lost', () => {
    const liveness = new NodeLiveness(PERIOD_MS);
    liveness.heard('a', '', 0);
    liveness.heard('a', 'connection refused', 1_000);
    liveness.heard('a', '', 2_000);
    expect(run(liveness, 2_000, 4_900)).toEqual([]);
  });

  it('that was known before a restart of the manager has time to come back', () => {
    const liveness = new NodeLiveness(PERIOD_MS);
    liveness.expect('a', 0);
    expect(run(liveness, 0, 10_000)).toEqual([[3_000 + RECONNECT_GRACE_MS, 'a', 'heartbeat failure']]);
  });

  it('is not called lost for a pause of the manager', () => {
    const liveness = new NodeLiveness(PERIOD_MS);
    liveness.heard('a', '', 0);
    run(liveness, 0, 1_000);
    expect(run(liveness, 61_000, 62_500)).toEqual([]);
    expect(run(liveness, 62_750, 65_000).map(([, nodeId]) => nodeId)).toEqual(['a']);
  });

  it('is not lost while nobody could be called lost, nor right after', () => {
    const liveness = new NodeLiveness(PERIOD_MS);
    liveness.heard('a', '', 0);
    liveness.postpone(60_000);
    expect(run(liveness, 60_000, 65_750)).toEqual([]);
    expect(run(liveness, 66_000, 66_250)).toEqual([[66_000, 'a', 'heartbeat failure']]);
  });
});
