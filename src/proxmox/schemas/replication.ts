import { defineShape } from '../answer-shape.ts';
import { VMID } from './figures.ts';

/** GET /cluster/replication. */
export const replicationJobs = defineShape<readonly { readonly guest: number }[]>({
  type: 'array',
  items: { type: 'object', required: ['guest'], properties: { guest: VMID } },
});
