import { isRecord } from './structural-schema.ts';

const LONGEST = 60;

/** A value for a message about it: `'1d'`, `0`, `a list of 3`. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (isRecord(value)) return 'an object';
  const text = typeof value === 'string' ? `'${value}'` : String(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}
