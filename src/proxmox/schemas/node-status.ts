import { defineShape } from '../answer-shape.ts';
import { BYTES, DECIMAL, type Decimal, SECONDS } from './figures.ts';

export interface NodeStatus {
  readonly uptime: number;
  readonly loadavg: readonly [Decimal, Decimal, Decimal];
  readonly cpuinfo: {
    readonly model?: string;
    /** Names with spaces between. */
    readonly flags?: string;
    readonly mhz?: Decimal | null;
    readonly cpus: number;
    readonly cores: number;
    readonly sockets: number;
  };
  readonly memory: { readonly total: number; readonly used: number; readonly free: number };
  readonly ksm?: { readonly shared?: number };
  /** `pve-manager/9.1.2/c0ffee1234567890` */
  readonly pveversion?: string;
  readonly 'current-kernel'?: { readonly machine?: string };
}

const COUNT = { type: 'integer', minimum: 0, maximum: 8192 };

/** GET /nodes/{node}/status (docs/proxmox-api.md §4.5). `mhz` is 0 or missing where PVE does not know it. */
export const nodeStatus = defineShape<NodeStatus>({
  type: 'object',
  required: ['uptime', 'loadavg', 'cpuinfo', 'memory'],
  properties: {
    uptime: SECONDS,
    loadavg: { type: 'array', items: DECIMAL, minItems: 3, maxItems: 3 },
    cpuinfo: {
      type: 'object',
      required: ['cpus', 'cores', 'sockets'],
      properties: {
        model: { type: 'string' },
        flags: { type: 'string' },
        mhz: { anyOf: [...DECIMAL.anyOf, { type: 'null' }] },
        cpus: { ...COUNT, minimum: 1 },
        cores: COUNT,
        sockets: COUNT,
      },
    },
    memory: {
      type: 'object',
      required: ['total', 'used', 'free'],
      properties: { total: { ...BYTES, exclusiveMinimum: 0 }, used: BYTES, free: BYTES },
    },
    ksm: { type: 'object', properties: { shared: BYTES } },
    pveversion: { type: 'string', maxLength: 128 },
    'current-kernel': { type: 'object', properties: { machine: { type: 'string', maxLength: 32 } } },
  },
});
