/**
 * What the templates of a task may cost together, so that a host's agent is never busy with one task for longer than a heartbeat may be
 * late: filling in the worst that this allows takes less than half a second of a slow core.
 */
export const TASK_BUDGET = {
  /** Parts that are looked at, each time they are; a spec with a thousand variables needs some thousands. */
  steps: 50_000,
  /** Characters that functions are given and give back, and that are put in; a thousand variables need some hundred thousand. */
  characters: 2 * 1024 * 1024,
} as const;

/** As TASK_BUDGET, for the contents of a task's secrets and configs together, each of which may have a megabyte. */
export const PAYLOADS_BUDGET = { steps: 100_000, characters: 8 * 1024 * 1024 } as const;

/** What is left of a budget. */
export class TemplateBudget {
  private stepsLeft: number;
  private charactersLeft: number;

  constructor(private readonly limits: { readonly steps: number; readonly characters: number } = TASK_BUDGET) {
    this.stepsLeft = limits.steps;
    this.charactersLeft = limits.characters;
  }

  /** Whether more was asked for than there was: what has then failed would fail wherever it is filled in. */
  get isSpent(): boolean {
    return this.stepsLeft < 0 || this.charactersLeft < 0;
  }

  /** Takes from the budget; afterwards `isSpent` tells whether that was too much. */
  spend({ steps = 0, characters = 0 }: { steps?: number; characters?: number }): void {
    this.stepsLeft -= steps;
    this.charactersLeft -= characters;
  }

  /** Why nothing more is done. */
  get problem(): string {
    const { steps, characters } = this.limits;
    return this.stepsLeft < 0
      ? `the templates of one task take more than ${steps} steps`
      : `the templates of one task work on more than ${characters} characters`;
  }
}
