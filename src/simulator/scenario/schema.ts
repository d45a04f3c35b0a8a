import { EVENT } from './event-schema.ts';
import { GUEST, GUEST_GROUP } from './guest-schema.ts';
import { HA } from './ha-schema.ts';
import { list, NAME, OPTIONS, RELEASE, record, SIZE, TEXT, TIME, VMID } from './schema-parts.ts';

/** JSON Schema (draft-07) of `ScenarioDocument`. What it cannot say (references, sizes) is checked in `scenario.ts`. */
const ACL = list(
  record(
    { path: { type: 'string', pattern: '^/' }, privileges: list(TEXT), propagate: { type: 'boolean' } },
    ['path', 'privileges'],
  ),
);

const TOKEN = record(
  {
    id: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9._-]+$' },
    secret: { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' },
    privsep: { type: 'boolean' },
    expires: TIME,
    acl: ACL,
  },
  ['id', 'secret'],
);

const USER = record(
  {
    name: { type: 'string', pattern: '^[^\\s:/@]+@[A-Za-z][A-Za-z0-9._-]+$' },
    password: TEXT,
    totp: { type: 'string', pattern: '^[0-9]{6}$' },
    enabled: { type: 'boolean' },
    acl: ACL,
    tokens: list(TOKEN),
  },
  ['name'],
);

const NODE = record(
  {
    name: NAME,
    version: RELEASE,
    cpus: { type: 'integer', minimum: 1, maximum: 8192 },
    cores: { type: 'integer', minimum: 1, maximum: 8192 },
    sockets: { type: 'integer', minimum: 1, maximum: 64 },
    mhz: { type: 'number', minimum: 0, maximum: 100_000 },
    cpuModel: TEXT,
    cpuFlags: { type: 'string' },
    memory: SIZE,
    base: record({ cpu: { type: 'number', minimum: 0, maximum: 8192 }, memory: SIZE }),
    ksmShare: { type: 'number', minimum: 0, maximum: 0.9 },
    uptime: TIME,
    maintenance: { type: 'boolean' },
  },
  ['name', 'cpus', 'memory'],
);

const STORAGE = record(
  {
    name: TEXT,
    type: TEXT,
    content: TEXT,
    shared: { type: 'boolean' },
    nodes: list(NAME, 1),
    disabled: { type: 'boolean' },
    size: SIZE,
    used: SIZE,
  },
  ['name', 'type', 'content'],
);

const POOL = record(
  {
    name: { type: 'string', pattern: '^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+){0,2}$' },
    comment: { type: 'string' },
    storages: list(TEXT),
  },
  ['name'],
);

export const scenarioSchema = record(
  {
    cluster: record({ name: NAME, version: RELEASE }),
    listen: { enum: ['one', 'perNode'] },
    speed: { type: 'number', exclusiveMinimum: 0, maximum: 100_000 },
    seed: { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 },
    migrationBandwidth: SIZE,
    taskRetention: { type: 'integer', minimum: 1 },
    users: list(USER, 1),
    nodes: list(NODE, 1),
    storages: list(STORAGE),
    pools: list(POOL),
    mappings: list(
      record(
        {
          name: TEXT,
          type: { enum: ['pci', 'usb', 'dir'] },
          nodes: list(NAME),
          liveMigration: { type: 'boolean' },
        },
        ['name', 'type', 'nodes'],
      ),
    ),
    replication: list(record({ guest: VMID, target: NAME, schedule: TEXT }, ['guest', 'target'])),
    ha: HA,
    options: OPTIONS,
    guests: list(GUEST),
    guestGroups: list(GUEST_GROUP),
    events: list(EVENT),
    judge: record({
      rules: list(
        record(
          {
            name: TEXT,
            type: { enum: ['apart', 'together', 'on'] },
            guests: list(VMID, 1),
            nodes: list(NAME),
          },
          ['name', 'type', 'guests'],
        ),
      ),
      drained: list(NAME),
      memoryReserve: { type: 'number', minimum: 0, maximum: 1 },
    }),
  },
  ['users', 'nodes'],
);
