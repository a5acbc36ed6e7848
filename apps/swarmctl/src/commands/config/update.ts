import { declareUpdate } from '../payload/payload-commands';

/** Declares `swarmctl config update`. */
export const declare = declareUpdate('config');
