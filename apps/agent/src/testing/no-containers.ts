import type { AttachedContainers } from '../executor/attached-containers';

/** An engine without containers of others. */
export const NO_CONTAINERS: AttachedContainers = { find: () => Promise.resolve(undefined) };
