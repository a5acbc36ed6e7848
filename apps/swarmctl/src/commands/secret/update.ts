import { declareUpdate } from '../payload/payload-commands';

/** Declares `swarmctl secret update`. */
export const declare = declareUpdate('secret');
