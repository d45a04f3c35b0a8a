/** Whether a text stands for another one: the same, or what `shorten` of `controllers/conditions.ts` has left of it. */
export function standsFor(short: string, text: string): boolean {
  return short === text || (short.endsWith('…') && text.startsWith(short.slice(0, -1)));
}
