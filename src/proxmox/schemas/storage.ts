import { defineShape } from '../answer-shape.ts';
import { FLAG, type Flag } from './figures.ts';

export interface StorageConfiguration {
  readonly storage: string;
  readonly shared?: Flag;
  /** `pve1,pve2`; absent: every node. */
  readonly nodes?: string;
  readonly disable?: Flag;
}

/** GET /storage (docs/proxmox-api.md §4.13). */
export const storageList = defineShape<readonly StorageConfiguration[]>({
  type: 'array',
  items: {
    type: 'object',
    required: ['storage'],
    properties: {
      storage: { type: 'string' },
      shared: FLAG,
      nodes: { type: 'string' },
      disable: FLAG,
    },
  },
});

/** GET /nodes/{node}/lxc/{vmid}/config (docs/proxmox-api.md §4.8). */
export const containerConfig = defineShape<Readonly<Record<string, unknown>>>({
  type: 'object',
  patternProperties: { '^(rootfs|mp\\d+)$': { type: 'string' } },
});
