import { parseDuration } from '../../lib/duration.ts';
import { OperatorError } from '../../lib/errors.ts';

/** A duration of the spec in milliseconds; the API server has refused anything else, unless its validation was bypassed. */
export function specDuration(text: string, field: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) {
    throw new OperatorError('InvalidSpec', `\`${field}\` is '${text}', it must be a duration such as '5m'`);
  }
  return milliseconds;
}
