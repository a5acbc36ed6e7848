import type { EnginePlace } from './engines';

/** Far more than run at once; the oldest are forgotten first. */
const MOST = 10_000;
const EXEC_ID = /^[0-9a-f]{64}$/;

/** On which engine a process was made in a container: its id alone does not tell. */
export class ExecPlaces {
  private readonly places = new Map<string, EnginePlace>();

  /** The first counts: an engine cannot take over a process of another by its id. */
  remember(execId: string, place: EnginePlace): void {
    if (!EXEC_ID.test(execId) || this.places.has(execId)) return;
    if (this.places.size >= MOST) {
      const [oldest] = this.places.keys();
      if (oldest !== undefined) this.places.delete(oldest);
    }
    this.places.set(execId, place);
  }

  /** Those that nobody remembers are the host's own. */
  of(execId: string): EnginePlace {
    return this.places.get(execId) ?? 'host';
  }
}
