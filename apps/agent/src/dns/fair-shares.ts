export interface Limits {
  /** Places that each asker has for itself: however greedy the others are, it gets these. */
  readonly own: number;
  /** Places that all share who need more. */
  readonly shared: number;
  /** Most places of one asker, its own and shared ones. */
  readonly most: number;
}

/**
 * Shares places among askers.
 * INVARIANT: only askers that hold a place are remembered.
 */
export class FairShares {
  private readonly held = new Map<string, number>();
  private sharedInUse = 0;

  constructor(private readonly limits: Limits) {}

  /** @returns false when the asker has its share; each place that was taken is given back once */
  take(asker: string): boolean {
    const { own, shared, most } = this.limits;
    const held = this.held.get(asker) ?? 0;
    const isShared = held >= own;
    if (held >= most || (isShared && this.sharedInUse >= shared)) return false;
    if (isShared) this.sharedInUse++;
    this.held.set(asker, held + 1);
    return true;
  }

  giveBack(asker: string): void {
    const held = this.held.get(asker) ?? 0;
    if (held > this.limits.own) this.sharedInUse--;
    if (held > 1) this.held.set(asker, held - 1);
    else this.held.delete(asker);
  }
}
