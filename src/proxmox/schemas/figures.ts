/** Building blocks of the schemas: figures are never negative, never absurd. */

export const NODE_NAME = {
  type: 'string',
  pattern: '^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$',
  maxLength: 63,
};
export const VMID = { type: 'integer', minimum: 100, maximum: 999_999_999 };
export const BYTES = { type: 'number', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
export const SECONDS = { type: 'number', minimum: 0, maximum: 1e10 };
export const CPU_COUNT = { type: 'number', minimum: 0, maximum: 8192 };
/** Of a guest it may exceed 1 a little; thousandfold is no measurement. */
export const CPU_SHARE = { type: 'number', minimum: 0, maximum: 1000 };
export const FLAG = { enum: [0, 1, true, false] };
/** PVE sends some numbers as strings (`cpuinfo.mhz`, `loadavg`, a container's CPU limit). */
export const DECIMAL = {
  anyOf: [
    { type: 'string', pattern: '^\\d+(\\.\\d+)?$', maxLength: 12 },
    { type: 'number', minimum: 0, maximum: 1e12 },
  ],
};

export type Flag = 0 | 1 | boolean;
export type Decimal = string | number;
