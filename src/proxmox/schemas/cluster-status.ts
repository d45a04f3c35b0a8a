import { defineShape } from '../answer-shape.ts';
import { FLAG, type Flag, NODE_NAME } from './figures.ts';

export type ClusterStatusEntry =
  | { readonly type: 'cluster'; readonly name: string; readonly quorate: Flag }
  | { readonly type: 'node'; readonly name: string; readonly online: Flag };

/** GET /cluster/status (docs/proxmox-api.md §4.2). A standalone host has no `cluster` entry. */
export const clusterStatus = defineShape<readonly ClusterStatusEntry[]>({
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['type', 'name'],
    properties: { type: { enum: ['cluster', 'node'] } },
    if: { properties: { type: { const: 'cluster' } } },
    // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
    then: { required: ['quorate'], properties: { name: { type: 'string' }, quorate: FLAG } },
    else: { required: ['online'], properties: { name: NODE_NAME, online: FLAG } },
  },
});
