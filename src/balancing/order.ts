import type { Guest } from './cluster.ts';

/** By code units, so that the order does not depend on anyone's locale. */
export function compareNames(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** CSLB's order among equals: VMs before containers, then by VMID. */
export function compareGuests(left: Guest, right: Guest): number {
  if (left.type !== right.type) return left.type === 'qemu' ? -1 : 1;
  return left.vmid - right.vmid;
}
