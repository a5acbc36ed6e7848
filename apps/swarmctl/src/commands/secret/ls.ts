import { declareList } from '../payload/payload-commands';

/** Declares `swarmctl secret ls`. */
export const declare = declareList('secret');
