import { defineShape } from '../answer-shape.ts';

export interface LogLine {
  readonly n: number;
  readonly t: string;
}

/** GET /nodes/{node}/tasks/{upid}/log (docs/proxmox-api.md §7.3). */
export const taskLog = defineShape<readonly LogLine[]>({
  type: 'array',
  items: {
    type: 'object',
    required: ['n', 't'],
    properties: { n: { type: 'integer' }, t: { type: 'string' } },
  },
});
