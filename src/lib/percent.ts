/** A share for people, with one decimal: `23.4%` for 0.234. */
export function percentText(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
