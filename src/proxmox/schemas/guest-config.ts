import { defineShape } from '../answer-shape.ts';

export type GuestConfig = Readonly<Record<string, unknown>>;

/** GET /nodes/{node}/qemu/{vmid}/config (docs/proxmox-api.md §4.8), flat; only what is looked at is checked. */
export const vmConfig = defineShape<GuestConfig>({
  type: 'object',
  patternProperties: {
    '^(cpu|args)$': { type: 'string' },
    '^(ide|sata|scsi|virtio|efidisk|tpmstate|unused)\\d+$': { type: 'string', minLength: 1 },
  },
});

/** GET /nodes/{node}/lxc/{vmid}/config. `lxc` holds raw options as pairs of key and value. */
export const containerConfig = defineShape<GuestConfig>({
  type: 'object',
  properties: {
    lxc: { type: 'array', items: { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 } },
  },
  patternProperties: { '^(rootfs|(mp|unused|dev)\\d+)$': { type: 'string', minLength: 1 } },
});
