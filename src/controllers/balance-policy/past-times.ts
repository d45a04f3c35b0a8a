/** How far the clocks of a cluster's nodes may be apart. */
const NODES_APART_MS = 60_000;

/**
 * The latest of times in Proxmox time that is not to come yet; undefined when there is none. One that is to come was written
 * before the clock of the cluster was set back, or by hand, and says nothing of how long ago anything was.
 */
export function latestPast(times: readonly number[], proxmoxTime: number): number | undefined {
  const past = times.filter((time) => time <= proxmoxTime + NODES_APART_MS);
  return past.length === 0 ? undefined : Math.max(...past);
}
