/** Chooses the manager for the next connection: any of those that have failed least lately, so that agents spread evenly. */
export class ManagerPicker {
  private learned: readonly string[] = [];
  private failures = 0;
  /** When (counted in failures) each address failed last. */
  private readonly failedAt = new Map<string, number>();

  /** @param configured addresses (host:port) that stay candidates whatever managers say; at least one */
  constructor(
    private readonly configured: readonly string[],
    private readonly random: () => number = Math.random,
  ) {}

  /** Takes over the list that a manager gave. */
  learn(addresses: readonly string[]): void {
    this.learned = addresses;
    const known = new Set(this.candidates());
    for (const address of this.failedAt.keys()) if (!known.has(address)) this.failedAt.delete(address);
  }

  /** The session with this manager ended in error. */
  failed(address: string): void {
    this.failedAt.set(address, ++this.failures);
  }

  /** The session with this manager works. */
  worked(address: string): void {
    this.failedAt.delete(address);
  }

  pick(): string {
    const ages = this.candidates().map((address) => ({ address, failedAt: this.failedAt.get(address) ?? 0 }));
    const oldest = Math.min(...ages.map(({ failedAt }) => failedAt));
    const best = ages.filter(({ failedAt }) => failedAt === oldest);
    return (best[Math.floor(this.random() * best.length)] ?? best[0])?.address ?? '';
  }

  private candidates(): string[] {
    return [...new Set([...this.learned, ...this.configured])];
  }
}
