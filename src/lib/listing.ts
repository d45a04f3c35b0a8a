const SHOWN = 5;

/** The first few of a list, and how many more there are: `pve1, pve2 and 7 more`. */
export function someOf(items: readonly string[]): string {
  const more = items.length - SHOWN;
  return items.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
