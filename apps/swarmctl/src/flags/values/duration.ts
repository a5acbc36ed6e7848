import { MIN_HEALTH_NANOS, parseDuration } from '#common/domain';
import { badValue, type ValueKind } from '../flag';

export const duration: ValueKind<number> = { placeholder: 'duration', example: '1m30s', parse: parseDuration };

function parseHealthDuration(text: string): number {
  const nanos = parseDuration(text);
  if (nanos !== 0 && nanos < MIN_HEALTH_NANOS) throw badValue(`'${text}' is less than 1ms`);
  return nanos;
}

/** A time of a health check; 0 leaves it to the image. */
export const healthDuration: ValueKind<number> = { placeholder: 'duration', example: '30s', parse: parseHealthDuration };
