/**
 * Containers that one engine makes and starts at once, unless told otherwise. Measured with busybox on Docker 20.10 and 2 cores,
 * seconds until 30 run: 1 at once 5.6–6.1, 2: 3.9–4.2, 3: 3.7–3.9, 4: 3.4, 6: 3.4, 8: 3.2–3.4. Three engines that share those
 * cores take 10–13 s for 90 with any number from 2, and 11–15 s with 1. Beyond the knee only the first container waits longer.
 */
export const DEFAULT_MAX_STARTS = 4;

type Work = 'create' | 'start';

/** In this order a free place is given away: a container that is made is finished before another one is begun. */
const ORDER: readonly Work[] = ['start', 'create'];

/**
 * Limits how many containers the engine makes and starts at once.
 * INVARIANT: running + free = limit, and nobody waits while a place is free.
 */
export class StartPlaces {
  private taken = 0;
  private readonly waiting: Record<Work, (() => void)[]> = { start: [], create: [] };

  /** @param limit at least 1 */
  constructor(private readonly limit: number) {}

  /** Places in use. */
  get inFlight(): number {
    return this.taken;
  }

  /** Runs `work` in a place. A signal that aborts while waiting gives the place in line up and rejects with its reason. */
  async run<T>(kind: Work, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.enter(kind, signal);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private async enter(kind: Work, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.taken < this.limit) {
      this.taken++;
      return;
    }
    const line = this.waiting[kind];
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        line.splice(line.indexOf(turn), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      line.push(turn);
    });
  }

  /** The place goes straight to whoever is next, so that nobody can slip in between. */
  private leave(): void {
    const line = ORDER.map((kind) => this.waiting[kind]).find(({ length }) => length > 0);
    const next = line?.shift();
    if (next) next();
    else this.taken--;
  }
}
