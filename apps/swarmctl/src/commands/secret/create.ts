import { declareCreate } from '../payload/payload-commands';

/** Declares `swarmctl secret create`. */
export const declare = declareCreate('secret');
