import { createHash } from 'node:crypto';

/** Forty hexadecimal digits that stand for a configuration file's content. */
export function digestOf(content: string): string {
  return createHash('sha1').update(content).digest('hex');
}
