/**
 * Objects whose parts live under two keys with two writers (a task and its status). Keeps the parts and the joined object; the
 * joined object exists while its main part does.
 * INVARIANT: a joined object is never changed, only replaced, so that readers may keep it and cache by identity.
 */
export class JoinedCollection<Main, Side, Joined> {
  private readonly mains = new Map<string, Main>();
  private readonly sides = new Map<string, Side>();
  private readonly joined = new Map<string, Joined>();

  constructor(
    private readonly join: (main: Main, side: Side | undefined) => Joined,
    /** Told of every replacement, to keep indexes. */
    private readonly onChange: (before: Joined | undefined, after: Joined | undefined) => void,
  ) {}

  get(id: string): Joined | undefined {
    return this.joined.get(id);
  }

  side(id: string): Side | undefined {
    return this.sides.get(id);
  }

  values(): Joined[] {
    return [...this.joined.values()];
  }

  setMain(id: string, main: Main | undefined): void {
    if (main === undefined) this.mains.delete(id);
    else this.mains.set(id, main);
    this.rejoin(id);
  }

  setSide(id: string, side: Side | undefined): void {
    if (side === undefined) this.sides.delete(id);
    else this.sides.set(id, side);
    this.rejoin(id);
  }

  /** Joins again what `concerns`, after something outside both parts has changed that `join` looks at. */
  rejoinWhere(concerns: (side: Side | undefined) => boolean): void {
    for (const id of this.mains.keys()) if (concerns(this.sides.get(id))) this.rejoin(id);
  }

  private rejoin(id: string): void {
    const before = this.joined.get(id);
    const main = this.mains.get(id);
    const after = main === undefined ? undefined : this.join(main, this.sides.get(id));
    if (after === undefined) this.joined.delete(id);
    else this.joined.set(id, after);
    if (before !== undefined || after !== undefined) this.onChange(before, after);
  }
}
