import type { GuestType } from '../balancing/cluster.ts';
import { ProxmoxError } from './proxmox-error.ts';
import { apiPath, type ProxmoxReader } from './reader.ts';
import { removedSince } from './removed-node.ts';
import { guestStatus } from './schemas/guest-status.ts';

export interface GuestOnNode {
  readonly vmid: number;
  readonly type: GuestType;
  readonly node: string;
}

/** A guest as its node knows it now. */
export type GuestReading =
  | {
      readonly kind: 'Present';
      readonly name: string;
      /** PVE's word; for VMs the QMP state when known. */
      readonly status: string;
      readonly lock: string | undefined;
      readonly template: boolean;
      readonly haManaged: boolean;
      readonly haState: string | undefined;
      readonly memoryBytes: number;
      readonly proxmoxTime: number;
    }
  | { readonly kind: 'Absent'; readonly proxmoxTime: number };

export function guestPath(guest: GuestOnNode, ...rest: readonly string[]): string {
  return apiPath('nodes', guest.node, guest.type, guest.vmid, ...rest);
}

/** `Absent` only when its node says that it has no configuration of it, or was removed; any other failure throws. */
export async function readGuest(
  reader: ProxmoxReader,
  guest: GuestOnNode,
  signal: AbortSignal,
): Promise<GuestReading> {
  const path = guestPath(guest, 'status', 'current');
  try {
    const { data, proxmoxTime } = await reader.get(path, {}, signal);
    const { name, status, qmpstatus, lock, template, mem, ha } = guestStatus.expect(data, path);
    return {
      kind: 'Present',
      name: name || String(guest.vmid),
      status: qmpstatus || status,
      lock: lock || undefined,
      template: Boolean(template),
      haManaged: Boolean(ha.managed) && ha.state !== 'ignored',
      haState: ha.managed ? (ha.state ?? undefined) : undefined,
      memoryBytes: mem ?? 0,
      proxmoxTime,
    };
  } catch (error) {
    const proxmoxTime =
      absentSince(error, guest.vmid) ?? (await removedSince(reader, guest.node, error, signal));
    if (proxmoxTime === undefined) throw error;
    return { kind: 'Absent', proxmoxTime };
  }
}

// A 500 like any other; only the text tells (docs/proxmox-api.md §4.7).
function absentSince(error: unknown, vmid: number): number | undefined {
  if (!(error instanceof ProxmoxError) || error.code !== 'ServerError') return undefined;
  const missing = /Configuration file '\S*\/(\d+)\.conf' does not exist/.exec(error.text);
  return missing && Number(missing[1]) === vmid ? error.proxmoxTime : undefined;
}
