import { isCode } from '#common/errors';
import { NANOS_PER_SECOND } from '#common/domain';
import { badValue, type ValueKind } from '../flag';
import { duration } from './duration';

const SECONDS = /^\d{1,12}(?:\.\d{1,9})?$/;
const MS_PER_SECOND = 1_000;

/** A moment as the API takes it, told by what time it is now. */
export type Moment = (nowMs: number) => string;

/** A time such as 2026-01-31T12:00:00Z, seconds since 1970, or how long ago. */
export const moment: ValueKind<Moment> = {
  placeholder: 'time',
  example: '10m',
  parse: (given) => {
    if (SECONDS.test(given)) return () => given;
    const time = Date.parse(given);
    if (!Number.isNaN(time)) return () => String(time / MS_PER_SECOND);
    try {
      const seconds = duration.parse(given) / NANOS_PER_SECOND;
      return (nowMs) => (nowMs / MS_PER_SECOND - seconds).toFixed(3);
    } catch (error) {
      if (!isCode(error, 'INVALID_ARGUMENT')) throw error;
      throw badValue(`'${given}' is neither a time such as 2026-01-31T12:00:00Z nor how long ago, such as 10m`);
    }
  },
};
