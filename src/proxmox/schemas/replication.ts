import { defineShape } from '../answer-shape.ts';
import { VMID } from './figures.ts';

export interface ReplicationJob {
  readonly guest: number;
  /** A node; anything else is none. */
  readonly target?: unknown;
}

/** GET /cluster/replication. A job that does not say whose it is spoils the answer. */
export const replicationJobs = defineShape<readonly ReplicationJob[]>({
  type: 'array',
  items: { type: 'object', required: ['guest'], properties: { guest: VMID } },
});
