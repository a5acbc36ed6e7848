import type { ObservedContainer } from '../executor/executor';

export const CONTAINER_ID = 'c0ffee00c0ffee00';

/** A container that runs, unless a test says otherwise. */
export function aContainer(traits: Partial<ObservedContainer> = {}): ObservedContainer {
  return {
    id: CONTAINER_ID,
    phase: 'running',
    health: 'none',
    pid: 42,
    exitCode: 0,
    startedAt: '2026-01-01T00:00:00Z',
    ranMs: 0,
    error: '',
    outOfMemory: false,
    ports: [],
    graceMs: 10_000,
    ...traits,
  };
}
