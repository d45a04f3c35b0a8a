/** JSON Schema (draft-07) of `ScenarioDocument`. What it cannot say (references, sizes) is checked in `scenario.ts`. */
const NAME = { type: 'string', pattern: '^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$' } as const;
const TEXT = { type: 'string', minLength: 1, maxLength: 256 } as const;
const SIZE = {
  type: ['number', 'string'],
  minimum: 0,
  pattern: '^[0-9]+(\\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi)?$',
} as const;
const TIME = { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$|^0$' } as const;
const VMID = { type: 'integer', minimum: 100, maximum: 999_999_999 } as const;
const CPUS = { type: 'number', exclusiveMinimum: 0, maximum: 8192 } as const;
const CORES = { type: 'number', minimum: 0, maximum: 8192 } as const;

function record(properties: Readonly<Record<string, object>>, required: readonly string[] = []): object {
  return { type: 'object', properties, required, additionalProperties: false };
}

function list(items: object, minItems = 0): object {
  return { type: 'array', items, minItems };
}

function range(value: object): object {
  return { anyOf: [value, { type: 'array', items: value, minItems: 2, maxItems: 2 }] };
}

function demand(value: object): object {
  const points = list(record({ at: TIME, value }, ['at', 'value']), 1);
  return { anyOf: [value, record({ steps: points }, ['steps']), record({ ramp: points }, ['ramp'])] };
}

const ACL = list(
  record(
    { path: { type: 'string', pattern: '^/' }, privileges: list(TEXT), propagate: { type: 'boolean' } },
    ['path', 'privileges'],
  ),
);

const USER = record(
  {
    name: { type: 'string', pattern: '^[^\\s:/@]+@[A-Za-z][A-Za-z0-9._-]+$' },
    acl: ACL,
    tokens: list(
      record(
        {
          id: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9._-]+$' },
          secret: { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' },
          privsep: { type: 'boolean' },
          acl: ACL,
        },
        ['id', 'secret'],
      ),
    ),
  },
  ['name'],
);

const NODE = record(
  {
    name: NAME,
    cpus: { type: 'integer', minimum: 1, maximum: 8192 },
    cores: { type: 'integer', minimum: 1, maximum: 8192 },
    sockets: { type: 'integer', minimum: 1, maximum: 64 },
    mhz: { type: 'number', minimum: 0, maximum: 100_000 },
    cpuModel: TEXT,
    cpuFlags: { type: 'string' },
    memory: SIZE,
    base: record({ cpu: CORES, memory: SIZE }),
    ksmShare: { type: 'number', minimum: 0, maximum: 0.9 },
    uptime: TIME,
    maintenance: { type: 'boolean' },
  },
  ['name', 'cpus', 'memory'],
);

const GUEST_TRAITS = {
  type: { enum: ['qemu', 'lxc'] },
  status: { enum: ['running', 'stopped', 'paused'] },
  tags: list({ type: 'string', pattern: '^[a-z0-9_][a-z0-9_+.-]*$' }),
  pool: TEXT,
  disks: list(record({ storage: TEXT, size: SIZE }, ['storage', 'size'])),
  uptime: TIME,
  haState: TEXT,
  shutdown: TIME,
};

const GUEST = record(
  {
    ...GUEST_TRAITS,
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

const GUEST_GROUP = record(
  {
    ...GUEST_TRAITS,
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

const EVENT_ACTIONS = {
  nodeOffline: NAME,
  nodeOnline: NAME,
  quorum: { type: 'boolean' },
  maintenance: record({ node: NAME, on: { type: 'boolean' } }, ['node', 'on']),
  failNextMigration: record({ vmid: VMID, exitStatus: TEXT, reason: TEXT }, ['vmid', 'exitStatus']),
  lock: record({ vmid: VMID, lock: TEXT }, ['vmid', 'lock']),
  unlock: VMID,
  demand: record({ vmid: VMID, cpu: CORES, memory: SIZE }, ['vmid']),
  revokeToken: TEXT,
  fault: record(
    {
      method: { enum: ['GET', 'POST', 'PUT', 'DELETE'] },
      path: { type: 'string', minLength: 1, format: 'regex' },
      times: { type: 'integer', minimum: 1 },
      effect: { enum: ['loseAnswer', 'loseRequest', 'hang', 'slow'] },
      delay: TIME,
    },
    ['path', 'effect'],
  ),
};

const EVENT = {
  type: 'object',
  properties: { at: TIME, ...EVENT_ACTIONS },
  required: ['at'],
  additionalProperties: false,
  minProperties: 2,
  maxProperties: 2,
};

export const scenarioSchema = record(
  {
    cluster: record({ name: NAME, version: { enum: ['9.1'] } }),
    speed: { type: 'number', exclusiveMinimum: 0, maximum: 100_000 },
    seed: { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 },
    migrationBandwidth: SIZE,
    taskRetention: { type: 'integer', minimum: 1 },
    users: list(USER, 1),
    nodes: list(NODE, 1),
    storages: list(
      record(
        {
          name: TEXT,
          type: TEXT,
          content: TEXT,
          shared: { type: 'boolean' },
          nodes: list(NAME, 1),
          size: SIZE,
          used: SIZE,
        },
        ['name', 'type', 'content'],
      ),
    ),
    pools: list(record({ name: TEXT, comment: { type: 'string' } }, ['name'])),
    guests: list(GUEST),
    guestGroups: list(GUEST_GROUP),
    events: list(EVENT),
  },
  ['users', 'nodes'],
);
