/** Reading the parts of an answer that no schema speaks of. */

/** The value of an own key: a node may be called `constructor`. */
export function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}

const OFF: readonly unknown[] = [undefined, null, 0, '0', '', false];

/** Whether a flag is set. What is no flag at all counts as set: in doubt, what is asked for is asked for. */
export function isSet(flag: unknown): boolean {
  return !OFF.includes(flag);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
