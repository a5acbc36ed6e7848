import type { FileHost } from '../payloads/file-host';

/** A host for tasks that have neither secrets nor configs. */
export const NO_FILES: FileHost = {
  learn: () => undefined,
  provide: () => Promise.resolve([]),
  remove: () => Promise.resolve(),
  keepOnly: () => undefined,
  sweep: () => Promise.resolve(),
};
