import type { GuestExamination } from '../balancing/guest-examination.ts';
import { makesNoCandidate } from '../lib/local-fault.ts';
import { examineContainer } from './examine-container.ts';
import { examineVm } from './examine-vm.ts';
import type { GuestOnNode } from './guest.ts';
import { ProxmoxError } from './proxmox-error.ts';
import type { ProxmoxReader } from './reader.ts';

/**
 * A closer look at one guest: its configuration, and what PVE says of migrating it (docs/proxmox-api.md §6.1, §6.3). Two
 * calls. What concerns this guest only is part of the answer; it throws when nothing at all can be had of the cluster.
 */
export async function examineGuest(
  reader: ProxmoxReader,
  guest: GuestOnNode,
  signal: AbortSignal,
): Promise<GuestExamination> {
  try {
    return guest.type === 'qemu'
      ? await examineVm(reader, guest, signal)
      : await examineContainer(reader, guest, signal);
  } catch (error) {
    if (error instanceof ProxmoxError && error.code === 'ServerError' && /is locked \(/.test(error.text)) {
      return { kind: 'Refused', detail: error.text };
    }
    if (!makesNoCandidate(error)) throw error;
    return { kind: 'Unread', detail: error.message.replace(/\.$/, '') };
  }
}
