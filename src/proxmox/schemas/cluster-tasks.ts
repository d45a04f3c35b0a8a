import { defineShape } from '../answer-shape.ts';
import { NODE_NAME } from './figures.ts';

export interface TaskEntry {
  readonly upid: string;
  readonly node: string;
  readonly type: string;
  readonly id: string;
  readonly starttime: number;
  readonly endtime?: number;
  readonly status?: string;
}

/** GET /cluster/tasks and GET /nodes/{node}/tasks (docs/proxmox-api.md §4.13, §7.4). */
export const taskList = defineShape<readonly TaskEntry[]>({
  type: 'array',
  items: {
    type: 'object',
    required: ['upid', 'node', 'type', 'id', 'starttime'],
    properties: {
      upid: { type: 'string', maxLength: 512 },
      node: NODE_NAME,
      type: { type: 'string' },
      id: { type: 'string' },
      starttime: { type: 'number', minimum: 0, maximum: 1e11 },
      endtime: { type: 'number' },
      status: { type: 'string' },
    },
  },
});

/** Finished entries have an end time and the exit status; running ones neither, or the status `RUNNING`. */
export function isRunning(task: TaskEntry): boolean {
  return task.endtime === undefined && (task.status === undefined || task.status === 'RUNNING');
}
