import { defineShape } from '../answer-shape.ts';

export interface DatacenterOptions {
  /** The cluster resource scheduler's, read with care: other versions have other forms of it. */
  readonly crs?: unknown;
}

/** GET /cluster/options (docs/proxmox-api.md §4.13). */
export const datacenterOptions = defineShape<DatacenterOptions>({ type: 'object' });
