import { NODE, VMID } from '../http/parameters.ts';
import type { Call, Route } from '../http/route.ts';
import type { DiskSpecification } from '../scenario/specifications.ts';
import { digestOf } from '../world/digest.ts';
import type { Guest } from '../world/guest.ts';
import { type GuestType, guestOf } from './guests.ts';

const MIB = 1024 ** 2;

/** The guest's configuration, flat, with the types PVE gives its values (docs/proxmox-api.md §4.8). */
function config(call: Call, type: GuestType) {
  const guest = guestOf(call, type);
  const content = {
    ...(type === 'qemu' ? vmConfig(guest) : containerConfig(guest)),
    ...disks(guest),
    onboot: 1,
    ...guest.config,
    ...(guest.template ? { template: 1 } : {}),
    ...(guest.lock === undefined ? {} : { lock: guest.lock }),
    ...(guest.tags.length === 0 ? {} : { tags: guest.tags.join(';') }),
  };
  return { ...content, digest: digestOf(JSON.stringify(content)) };
}

function vmConfig(guest: Guest) {
  return {
    name: guest.name,
    cores: guest.cpus,
    sockets: 1,
    cpu: 'x86-64-v2-AES',
    memory: String(Math.round(guest.memoryBytes / MIB)),
    numa: 0,
    ostype: 'l26',
    scsihw: 'virtio-scsi-single',
    agent: '1',
    boot: 'order=scsi0',
    net0: `virtio=${macAddress(guest)},bridge=vmbr0`,
  };
}

function containerConfig(guest: Guest) {
  return {
    arch: 'amd64',
    ...(Number.isInteger(guest.cpus) ? { cores: guest.cpus } : { cpulimit: String(guest.cpus) }),
    hostname: guest.name,
    memory: Math.round(guest.memoryBytes / MIB),
    swap: 512,
    ostype: 'debian',
    unprivileged: 1,
    net0: `name=eth0,bridge=vmbr0,hwaddr=${macAddress(guest)},ip=dhcp,type=veth`,
  };
}

function disks(guest: Guest): Record<string, string> {
  return Object.fromEntries(guest.disks.map((disk) => [disk.slot, diskText(disk)]));
}

function diskText(disk: DiskSpecification): string {
  if (disk.kind === 'unused') return disk.volumeId;
  const media = disk.kind === 'cdrom' || disk.kind === 'cloudinit' ? ',media=cdrom' : '';
  const replicate = disk.replicate ? '' : ',replicate=0';
  return `${disk.volumeId}${media}${replicate},size=${sizeText(disk.sizeBytes)}`;
}

/** `32G`, `512M` */
function sizeText(bytes: number): string {
  const gib = bytes / 1024 ** 3;
  return Number.isInteger(gib) ? `${gib}G` : `${Math.ceil(bytes / MIB)}M`;
}

function macAddress(guest: Guest): string {
  const digits = guest.vmid.toString(16).toUpperCase().padStart(6, '0').slice(-6);
  return `BC:24:11:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4)}`;
}

function routeOf(type: GuestType): Route {
  return {
    method: 'GET',
    path: `/nodes/{node}/${type}/{vmid}/config`,
    parameters: {
      node: NODE,
      vmid: VMID,
      current: { type: 'boolean', optional: true },
      snapshot: { type: 'string', optional: true },
    },
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Audit'] },
    forwarded: true,
    handle: (call) => config(call, type),
  };
}

export const guestConfigRoutes: readonly Route[] = [routeOf('qemu'), routeOf('lxc')];
