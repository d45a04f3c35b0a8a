import { defineShape } from '../answer-shape.ts';
import { BYTES, FLAG, type Flag } from './figures.ts';

/** A volume on storage that is not shared. */
export interface LocalDisk {
  readonly volid: string;
  readonly size?: number | null;
  readonly cdrom?: Flag;
  readonly is_cloudinit?: Flag;
  readonly is_vmstate?: Flag;
  readonly replicate?: Flag;
  /** Snapshots by name. */
  readonly referenced_in_snapshot?: Readonly<Record<string, unknown>> | null;
}

/** Refused nodes, each with its reasons; an empty object is no refusal. */
export type NodeRefusals = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface VmPrecondition {
  readonly allowed_nodes?: readonly string[];
  readonly not_allowed_nodes?: NodeRefusals;
  readonly local_disks: readonly LocalDisk[];
  readonly local_resources: readonly string[];
  readonly 'mapped-resource-info'?: Readonly<Record<string, { readonly 'live-migration'?: Flag }>>;
  readonly 'dependent-ha-resources'?: readonly string[] | null;
}

const NAMES = { type: 'array', items: { type: 'string' } };
const REFUSALS = { type: 'object', additionalProperties: { type: 'object' } };

/** GET /nodes/{node}/qemu/{vmid}/migrate (docs/proxmox-api.md §6.1): underscores in the keys. */
export const vmPrecondition = defineShape<VmPrecondition>({
  type: 'object',
  required: ['local_disks', 'local_resources'],
  properties: {
    allowed_nodes: NAMES,
    not_allowed_nodes: REFUSALS,
    local_disks: {
      type: 'array',
      items: {
        type: 'object',
        required: ['volid'],
        properties: {
          volid: { type: 'string', minLength: 1 },
          size: { anyOf: [BYTES, { type: 'null' }] },
          cdrom: FLAG,
          is_cloudinit: FLAG,
          is_vmstate: FLAG,
          replicate: FLAG,
          referenced_in_snapshot: { type: ['object', 'null'] },
        },
      },
    },
    local_resources: NAMES,
    'mapped-resource-info': {
      type: 'object',
      additionalProperties: { type: 'object', properties: { 'live-migration': FLAG } },
    },
    'dependent-ha-resources': { anyOf: [NAMES, { type: 'null' }] },
  },
});

export interface ContainerPrecondition {
  readonly 'allowed-nodes'?: readonly string[];
  readonly 'not-allowed-nodes'?: NodeRefusals;
  readonly 'dependent-ha-resources'?: readonly string[] | null;
}

/** GET /nodes/{node}/lxc/{vmid}/migrate (docs/proxmox-api.md §6.3): dashes in the keys. */
export const containerPrecondition = defineShape<ContainerPrecondition>({
  type: 'object',
  properties: {
    'allowed-nodes': NAMES,
    'not-allowed-nodes': REFUSALS,
    'dependent-ha-resources': { anyOf: [NAMES, { type: 'null' }] },
  },
});
