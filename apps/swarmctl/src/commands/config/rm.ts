import { declareRemove } from '../payload/payload-commands';

/** Declares `swarmctl config rm`. */
export const declare = declareRemove('config');
