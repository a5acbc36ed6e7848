import { badValue, type ValueKind } from '../flag';

const WHOLE = /^-?\d{1,6}$/;

/** A whole number; a negative one means no limit. */
export const limit: ValueKind<number> = {
  placeholder: 'count',
  example: '5',
  parse: (given) => {
    if (!WHOLE.test(given)) throw badValue(`'${given}' is not a whole number`);
    return Number(given);
  },
};
