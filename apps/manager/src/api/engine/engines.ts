import type { Duplex } from 'node:stream';

/** The manager's host's own engine, or the engine of a node, by id. */
export type EnginePlace = 'host' | { readonly nodeId: string };

/** Ways to engines. */
export interface Engines {
  /**
   * A connection to the engine.
   * @throws DomainError UNAVAILABLE · DEADLINE_EXCEEDED · UNIMPLEMENTED the manager's host has none
   */
  connect(place: EnginePlace): Promise<Duplex>;
}
