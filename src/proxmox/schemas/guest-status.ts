import { defineShape } from '../answer-shape.ts';
import { BYTES, FLAG, type Flag, VMID } from './figures.ts';

export interface GuestStatus {
  readonly vmid: number;
  readonly name?: string;
  readonly status: string;
  readonly qmpstatus?: string;
  readonly lock?: string | null;
  readonly template?: Flag | '';
  readonly mem?: number;
  readonly ha: { readonly managed: Flag; readonly state?: string | null };
}

/** GET .../status/current of both guest types (docs/proxmox-api.md §4.7). */
export const guestStatus = defineShape<GuestStatus>({
  type: 'object',
  required: ['vmid', 'status', 'ha'],
  properties: {
    vmid: VMID,
    name: { type: 'string' },
    status: { type: 'string', minLength: 1 },
    qmpstatus: { type: 'string' },
    lock: { type: ['string', 'null'] },
    template: { enum: [...FLAG.enum, ''] },
    mem: BYTES,
    ha: {
      type: 'object',
      required: ['managed'],
      properties: { managed: FLAG, state: { type: ['string', 'null'] } },
    },
  },
});
