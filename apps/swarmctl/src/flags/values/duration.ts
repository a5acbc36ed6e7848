import { parseDuration } from '#common/domain';
import type { ValueKind } from '../flag';

export const duration: ValueKind<number> = { placeholder: 'duration', example: '1m30s', parse: parseDuration };
