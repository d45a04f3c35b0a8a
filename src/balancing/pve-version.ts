/**
 * Whether a guest may move from a node of one version to one of the other: never to an older one, nor where one of the two
 * is not known ('').
 */
export function mayMoveBetweenVersions(source: string, target: string): boolean {
  if (source === target) return true;
  if (source === '' || target === '') return false;
  return compareVersions(target, source) >= 0;
}

/** Of versions such as `8.4.21` and `9.1`. */
function compareVersions(left: string, right: string): number {
  const [these, those] = [left, right].map((version) => version.split('.').map(Number));
  const length = Math.max(these?.length ?? 0, those?.length ?? 0);
  for (let at = 0; at < length; at += 1) {
    const difference = (these?.[at] ?? 0) - (those?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
