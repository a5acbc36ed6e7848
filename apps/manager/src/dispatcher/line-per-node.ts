/** What a node does wrong is logged so often at most. */
const PERIOD_MS = 10_000;

/** One line for each node in ten seconds: no node floods the log, and none takes another's line. */
export class LinePerNode {
  private readonly quietUntil = new Map<string, number>();

  /** Whether the log may have a line about a node now; then it may not for a while. @param nowMs monotonic */
  isDue(nodeId: string, nowMs: number): boolean {
    if (nowMs < (this.quietUntil.get(nodeId) ?? 0)) return false;
    for (const [id, until] of this.quietUntil) if (until <= nowMs) this.quietUntil.delete(id);
    this.quietUntil.set(nodeId, nowMs + PERIOD_MS);
    return true;
  }
}
