/** `starting migration of VM 102 to node 'pve3' (198.51.100.13)`, `Requesting HA migration for VM 100 to node pve3`. */
const TARGET = /\b(?:to|on remote) node ['"]?([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)/gi;

/**
 * The node a migrate task's log names as its target; undefined while the log does not say. The wording is PVE's
 * message to people and not an interface (docs/proxmox-api.md §7.3, §6.4), so only a node name is looked for.
 *
 * @param source Where the task runs, never its target.
 */
export function targetInLog(lines: readonly string[], source: string): string | undefined {
  for (const line of lines) {
    for (const match of line.matchAll(TARGET)) {
      if (match[1] !== undefined && match[1] !== source) return match[1];
    }
  }
  return undefined;
}
