/**
 * Resolves once `condition` holds, looking again after every turn of I/O. Without a time of its own: what never comes ends with the
 * test's time limit.
 */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
