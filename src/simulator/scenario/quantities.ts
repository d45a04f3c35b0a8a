import { parseBytes } from '../../lib/bytes.ts';
import { parseDuration } from '../../lib/duration.ts';
import { OperatorError } from '../../lib/errors.ts';
import type { Size } from './document.ts';

/** Throws `InvalidInput` for what is no size. */
export function bytesOf(size: Size): number {
  const bytes = typeof size === 'number' ? size : parseBytes(size);
  if (bytes !== undefined) return bytes;
  throw new OperatorError('InvalidInput', `'${size}' is not a size; write bytes or a quantity such as 64Gi.`);
}

/** Throws `InvalidInput` for what is no duration. */
export function millisecondsOf(duration: string): number {
  const milliseconds = parseDuration(duration);
  if (milliseconds !== undefined) return milliseconds;
  throw new OperatorError('InvalidInput', `'${duration}' is not a duration; write for example 90s or 1h30m.`);
}
