/** As the API server wants the times of Events and Leases: RFC 3339 with always six decimals. */
export function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}
