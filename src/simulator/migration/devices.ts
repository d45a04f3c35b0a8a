import type { MappingDocument } from '../scenario/document.ts';
import type { Cluster } from '../world/cluster.ts';
import type { Guest } from '../world/guest.ts';

/** What of a node a VM's configuration uses (docs/proxmox-api.md §6.1). */
export interface LocalDevices {
  /** Configuration keys or names of what keeps the VM where it is. */
  readonly blocking: readonly string[];
  /** By configuration key. */
  readonly mapped: ReadonlyMap<string, MappingDocument>;
}

const PASSED_THROUGH = /^(usb|hostpci|serial|parallel|virtiofs)\d+$/;

/** `running`: devices that are mapped move with a VM that is off. */
export function localDevices(cluster: Cluster, guest: Guest, running: boolean): LocalDevices {
  const blocking: string[] = [];
  const mapped = new Map<string, MappingDocument>();
  for (const [key, value] of Object.entries(guest.config)) {
    const text = String(value);
    if (key === 'ivshmem' || (key === 'vga' && text.includes('clipboard=vnc'))) {
      blocking.push(key === 'vga' ? 'clipboard=vnc' : key);
    }
    if (key === 'amd-sev' || key === 'intel-tdx') blocking.push(key);
    if (!PASSED_THROUGH.test(key)) continue;
    const mapping = mappingOf(cluster, key, text);
    if (mapping) mapped.set(key, mapping);
    const isFree = (key.startsWith('usb') && /^(host=)?spice/i.test(text)) || text === 'socket';
    const moves = mapping !== undefined && (!running || mapping.liveMigration === true);
    if (!isFree && !moves) blocking.push(key);
  }
  return { blocking, mapped };
}

/** Configuration keys whose mapping a node does not have. */
export function missingDevices(devices: LocalDevices, node: string): string[] {
  return [...devices.mapped].filter(([, mapping]) => !mapping.nodes.includes(node)).map(([key]) => key);
}

function mappingOf(cluster: Cluster, key: string, text: string): MappingDocument | undefined {
  const type = key.startsWith('hostpci') ? 'pci' : key.startsWith('usb') ? 'usb' : 'dir';
  const name = /(?:^|,)(?:mapping|dirid)=([^,]+)/.exec(text)?.[1];
  if (name === undefined) return undefined;
  const known = cluster.scenario.mappings.find((each) => each.type === type && each.name === name);
  return known ?? { name, type, nodes: [] };
}
