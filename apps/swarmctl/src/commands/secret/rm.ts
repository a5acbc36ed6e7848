import { declareRemove } from '../payload/payload-commands';

/** Declares `swarmctl secret rm`. */
export const declare = declareRemove('secret');
