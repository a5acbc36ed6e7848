import { declareInspect } from '../payload/payload-commands';

/** Declares `swarmctl config inspect`. */
export const declare = declareInspect('config');
