import { defineShape } from '../answer-shape.ts';
import {
  BYTES,
  CPU_COUNT,
  CPU_SHARE,
  DECIMAL,
  type Decimal,
  FLAG,
  type Flag,
  NODE_NAME,
  SECONDS,
  VMID,
} from './figures.ts';

/** GET /cluster/resources (docs/proxmox-api.md §4.3). Entries are looked at one by one: one bad guest must not hide the others. */
export const clusterResources = defineShape<readonly ResourceEntry[]>({
  type: 'array',
  items: { type: 'object', required: ['type'], properties: { type: { type: 'string' } } },
});

export interface ResourceEntry {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A node whose name cannot be read makes the whole answer unusable. */
export const nodeIdentity = defineShape<{ readonly node: string; readonly status: string }>({
  type: 'object',
  required: ['node', 'status'],
  properties: { node: NODE_NAME, status: { type: 'string' } },
});

export interface NodeResource {
  readonly node: string;
  readonly status: string;
  readonly uptime?: number;
  readonly cpu?: number;
  readonly hastate?: string | null;
}

export const nodeResource = defineShape<NodeResource>({
  type: 'object',
  required: ['node', 'status'],
  properties: {
    node: NODE_NAME,
    status: { type: 'string' },
    uptime: SECONDS,
    cpu: CPU_SHARE,
    hastate: { type: ['string', 'null'] },
  },
});

/** What every guest entry has, whatever state its node is in. */
export interface GuestIdentity {
  readonly type: 'qemu' | 'lxc';
  readonly vmid: number;
  readonly node: string;
  readonly status: string;
}

export interface GuestResource extends GuestIdentity {
  readonly name?: string;
  readonly template?: Flag;
  readonly lock?: string | null;
  readonly tags?: string | null;
  readonly pool?: string | null;
  readonly hastate?: string | null;
  readonly uptime?: number;
  readonly cpu?: number;
  readonly maxcpu?: Decimal;
  readonly mem?: number;
  readonly memhost?: number;
  readonly maxmem?: number;
}

const GUEST_IDENTITY = {
  type: { enum: ['qemu', 'lxc'] },
  vmid: VMID,
  node: NODE_NAME,
  status: { type: 'string', minLength: 1, maxLength: 64 },
};

export const guestIdentity = defineShape<GuestIdentity>({
  type: 'object',
  required: ['type', 'vmid', 'node', 'status'],
  properties: GUEST_IDENTITY,
});

export const guestResource = defineShape<GuestResource>({
  type: 'object',
  required: ['type', 'vmid', 'node', 'status'],
  properties: {
    ...GUEST_IDENTITY,
    name: { type: 'string' },
    template: FLAG,
    lock: { type: ['string', 'null'] },
    tags: { type: ['string', 'null'] },
    pool: { type: ['string', 'null'] },
    hastate: { type: ['string', 'null'] },
    uptime: SECONDS,
    cpu: CPU_SHARE,
    maxcpu: { anyOf: [CPU_COUNT, ...DECIMAL.anyOf.slice(0, 1)] },
    mem: BYTES,
    memhost: BYTES,
    maxmem: BYTES,
  },
});

export interface StorageResource {
  readonly storage: string;
  readonly node: string;
  readonly shared: Flag;
  readonly status: string;
}

/** A storage on a node where it is enabled; there is no entry for other nodes. */
export const storageResource = defineShape<StorageResource>({
  type: 'object',
  required: ['storage', 'node', 'shared', 'status'],
  properties: {
    storage: { type: 'string', minLength: 1 },
    node: NODE_NAME,
    shared: FLAG,
    status: { type: 'string' },
  },
});
