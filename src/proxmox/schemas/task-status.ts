import { defineShape } from '../answer-shape.ts';

export interface TaskStatus {
  readonly status: 'running' | 'stopped';
  readonly exitstatus?: string;
  readonly starttime: number;
}

/** GET /nodes/{node}/tasks/{upid}/status (docs/proxmox-api.md §7.2). */
export const taskStatus = defineShape<TaskStatus>({
  type: 'object',
  required: ['status', 'starttime'],
  properties: {
    status: { enum: ['running', 'stopped'] },
    exitstatus: { type: 'string' },
    starttime: { type: 'number', minimum: 0, maximum: 1e11 },
  },
});
