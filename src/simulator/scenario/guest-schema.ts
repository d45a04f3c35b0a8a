import { HA_RESOURCE } from './ha-schema.ts';
import { list, NAME, record, SIZE, TEXT, TIME, VMID } from './schema-parts.ts';

const CPUS = { type: 'number', exclusiveMinimum: 0, maximum: 8192 } as const;
const CORES = { type: 'number', minimum: 0, maximum: 8192 } as const;

function range(value: object): object {
  return { anyOf: [value, { type: 'array', items: value, minItems: 2, maxItems: 2 }] };
}

function demand(value: object): object {
  const points = list(record({ at: TIME, value }, ['at', 'value']), 1);
  return { anyOf: [value, record({ steps: points }, ['steps']), record({ ramp: points }, ['ramp'])] };
}

const DISK = record(
  {
    storage: TEXT,
    size: SIZE,
    kind: { enum: ['disk', 'cdrom', 'cloudinit', 'efi', 'tpm', 'unused'] },
    slot: { type: 'string', pattern: '^[a-z]+[0-9]*$' },
    volume: TEXT,
    snapshots: list(TEXT),
    replicate: { type: 'boolean' },
  },
  ['storage', 'size'],
);

const TRAITS = {
  type: { enum: ['qemu', 'lxc'] },
  status: { enum: ['running', 'stopped', 'paused'] },
  tags: list({ type: 'string', pattern: '^[a-z0-9_][a-z0-9_+.-]*$' }),
  pool: TEXT,
  disks: list(DISK),
  uptime: TIME,
  ha: HA_RESOURCE,
  haState: TEXT,
  cpuType: TEXT,
  config: { type: 'object', additionalProperties: { type: ['string', 'number'] } },
  shutdown: TIME,
};

export const GUEST = record(
  {
    ...TRAITS,
    vmid: VMID,
    name: TEXT,
    node: NAME,
    cpus: CPUS,
    memory: SIZE,
    demand: record({ cpu: demand(CORES), memory: demand(SIZE) }),
    template: { type: 'boolean' },
    lock: TEXT,
  },
  ['vmid', 'type', 'node', 'cpus', 'memory'],
);

export const GUEST_GROUP = record(
  {
    ...TRAITS,
    count: { type: 'integer', minimum: 1, maximum: 100_000 },
    firstVmid: VMID,
    name: TEXT,
    node: { anyOf: [NAME, list(NAME, 1)] },
    cpus: range(CPUS),
    memory: range(SIZE),
    demand: record({ cpu: range(CORES), memory: range(SIZE) }),
  },
  ['count', 'firstVmid', 'type', 'node', 'cpus', 'memory'],
);
