/**
 * Lets one loop sleep until there is news. News that comes while the loop is busy is not lost: the next wait returns at once.
 * INVARIANT: at most one waiter.
 */
export class WakeSignal {
  private pending = false;
  private resume: (() => void) | undefined;

  /** There is news. Any number of calls before the next wait count as one. */
  wake(): void {
    this.pending = true;
    this.resume?.();
  }

  /** Resolves at the next (or an unnoticed earlier) wake, or after `timeoutMs` if that is given. */
  async wait(timeoutMs?: number): Promise<void> {
    if (!this.pending) await this.sleep(timeoutMs);
    this.pending = false;
  }

  private async sleep(timeoutMs?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.resume = resolve;
      if (timeoutMs !== undefined) timer = setTimeout(resolve, timeoutMs);
    });
    clearTimeout(timer);
    this.resume = undefined;
  }
}
