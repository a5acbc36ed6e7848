import { declareCreate } from '../payload/payload-commands';

/** Declares `swarmctl config create`. */
export const declare = declareCreate('config');
