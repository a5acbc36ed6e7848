import { declareList } from '../payload/payload-commands';

/** Declares `swarmctl config ls`. */
export const declare = declareList('config');
