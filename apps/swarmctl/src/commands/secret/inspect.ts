import { declareInspect } from '../payload/payload-commands';

/** Declares `swarmctl secret inspect`. */
export const declare = declareInspect('secret');
