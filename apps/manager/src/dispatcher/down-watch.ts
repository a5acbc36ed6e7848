/** What is recorded of a node that is down. */
export interface RecordedDown {
  id: string;
  /** RFC 3339, and the name of this one time of being down: only compared with itself. Undefined while the node is not down. */
  downSince: string | undefined;
  /** For how long earlier leaders, and this one, have recorded that they saw it down. */
  seenDownMs: number;
}

/** One time of being down, as this leader has seen it. */
interface Sight {
  downSince: string;
  /** When this leader first saw it, and what was recorded by then. */
  at: number;
  recordedMs: number;
}

/** What a change of leader costs at most; a write per node that is down is nothing at this rate. */
const RECORD_EVERY_MS = 60 * 60_000;

/**
 * For how long nodes are down, as leaders see it: on the clock that nobody sets, which starts anew in each process, and so recorded
 * now and then for the next leader. Neither a leader whose clock is wrong nor one that has just come makes a node be down for longer
 * than it was watched.
 */
export class DownWatch {
  private readonly sights = new Map<string, Sight>();

  /** @param now on a clock that nobody sets @returns how long each node that is down has been seen so, by id */
  look(nodes: readonly RecordedDown[], now: number): Map<string, number> {
    const downMs = new Map<string, number>();
    for (const { id, downSince, seenDownMs } of nodes) {
      if (downSince === undefined) continue;
      const known = this.sights.get(id);
      const sight = known?.downSince === downSince ? known : { downSince, at: now, recordedMs: seenDownMs };
      this.sights.set(id, sight);
      downMs.set(id, sight.recordedMs + now - sight.at);
    }
    for (const id of this.sights.keys()) if (!downMs.has(id)) this.sights.delete(id);
    return downMs;
  }

  /** Nodes of which the next leader is to know how long they have been down. @param downMs as `look` gives it */
  dueToRecord(nodes: readonly RecordedDown[], downMs: ReadonlyMap<string, number>): string[] {
    return nodes.filter(({ id, seenDownMs }) => (downMs.get(id) ?? 0) - seenDownMs >= RECORD_EVERY_MS).map(({ id }) => id);
  }
}
