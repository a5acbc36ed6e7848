import type { NetworkHost } from '../executor/overlay-engine';

/** A host for tasks that are on no overlay network. */
export const NO_OVERLAYS: NetworkHost = { attach: () => Promise.resolve([]), started: () => undefined, isCalled: () => false };
