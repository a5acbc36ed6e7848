/** Somebody who waits for a piece of work, and wants to hear how it goes. */
export interface Participant<News> {
  /** Ends this one's wait, and the work itself once nobody waits for it any longer. */
  readonly signal: AbortSignal;
  readonly tell: (news: News) => void;
}

/** Does a piece of work, telling how it goes, until the signal aborts. */
export type Work<News> = (signal: AbortSignal, tell: (news: News) => void) => Promise<void>;

interface Piece<News> {
  readonly participants: Set<Participant<News>>;
  readonly ending: AbortController;
  readonly done: Promise<void>;
  last?: News;
}

/**
 * Lets those who want the same thing at the same time share one piece of work.
 * INVARIANT: at most one piece per key is joined; work that nobody waits for any longer is ended.
 */
export class SharedWork<News> {
  private readonly pieces = new Map<string, Piece<News>>();

  /**
   * Joins the work under this key, or begins it. One who joins late is told the last news at once.
   * @throws what the work throws · the reason of this participant's signal
   */
  async run(key: string, participant: Participant<News>, work: Work<News>): Promise<void> {
    const { signal, tell } = participant;
    signal.throwIfAborted();
    const piece = this.pieces.get(key) ?? this.begin(key, work);
    piece.participants.add(participant);
    if (piece.last !== undefined) tell(piece.last);
    const waiting = new AbortController();
    try {
      await Promise.race([piece.done, interruption(signal, waiting.signal)]);
    } finally {
      waiting.abort();
      this.leave(key, piece, participant);
    }
  }

  private begin(key: string, work: Work<News>): Piece<News> {
    const participants = new Set<Participant<News>>();
    const ending = new AbortController();
    const tellAll = (news: News): void => {
      piece.last = news;
      for (const { tell } of participants) tell(news);
    };
    // Not before the piece is known: the work may have something to tell at once.
    const done = Promise.resolve().then(() => work(ending.signal, tellAll));
    const piece: Piece<News> = { participants, ending, done };
    this.pieces.set(key, piece);
    return piece;
  }

  private leave(key: string, piece: Piece<News>, participant: Participant<News>): void {
    piece.participants.delete(participant);
    if (piece.participants.size > 0) return;
    if (this.pieces.get(key) === piece) this.pieces.delete(key);
    piece.ending.abort(participant.signal.reason);
  }
}

/** Rejects when the signal aborts; forgotten once the wait is over. */
function interruption(signal: AbortSignal, waitIsOver: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: waitIsOver }),
  );
}
