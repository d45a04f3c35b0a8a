import { readFileSync } from 'node:fs';

interface Shapes {
  readonly endpoints: Readonly<Record<string, Shape>>;
}
interface Shape {
  readonly properties: { readonly data: { readonly items?: object; readonly properties?: object } };
}

const { endpoints } = JSON.parse(
  readFileSync(new URL('../../fixtures/proxmox/wire-shapes.json', import.meta.url), 'utf8'),
) as Shapes;

function data(schema: object): object {
  return { type: 'object', required: ['data'], additionalProperties: false, properties: { data: schema } };
}

function record(properties: Readonly<Record<string, object>>, required: readonly string[]): object {
  return { type: 'object', required, additionalProperties: false, properties };
}

function itemsOf(endpoint: string): object {
  return endpoints[endpoint]?.properties.data.items ?? {};
}

const TEXT = { type: 'string' };
const INTEGER = { type: 'integer' };

const CERTIFICATE = record(
  {
    filename: TEXT,
    fingerprint: { type: 'string', pattern: '^([0-9A-F]{2}:){31}[0-9A-F]{2}$' },
    issuer: TEXT,
    subject: TEXT,
    notbefore: INTEGER,
    notafter: INTEGER,
    pem: { type: 'string', pattern: '^-----BEGIN CERTIFICATE-----' },
    'public-key-bits': INTEGER,
    'public-key-type': TEXT,
    san: { type: 'array', items: TEXT },
  },
  ['filename', 'fingerprint', 'pem'],
);

const METRIC = record(
  {
    id: { type: 'string', pattern: '^(node/|qemu/|lxc/|storage/)' },
    metric: TEXT,
    value: { type: 'number' },
    timestamp: INTEGER,
    type: { enum: ['gauge', 'counter', 'derive'] },
  },
  ['id', 'metric', 'value', 'timestamp', 'type'],
);

const REPLICATION_JOB = record(
  {
    id: { type: 'string', pattern: '^[1-9][0-9]{2,8}-[0-9]{1,9}$' },
    guest: INTEGER,
    jobnum: TEXT,
    type: { const: 'local' },
    vmtype: { enum: ['qemu', 'lxc'] },
    source: TEXT,
    target: TEXT,
    schedule: TEXT,
    last_sync: INTEGER,
    last_try: INTEGER,
    next_sync: INTEGER,
    duration: { type: 'number' },
    fail_count: INTEGER,
  },
  ['id', 'guest', 'type', 'target'],
);

const NOT_BACKED_UP = record({ vmid: INTEGER, name: TEXT, type: { enum: ['qemu', 'lxc'] } }, [
  'vmid',
  'type',
]);

const SUBSCRIPTION = record(
  { status: { const: 'notfound' }, message: TEXT, serverid: TEXT, url: TEXT, checktime: INTEGER },
  ['status'],
);

function poolMembers(): object {
  const pool = itemsOf('GET /pools') as { readonly properties?: Readonly<Record<string, object>> };
  return pool.properties?.members ?? {};
}

/** What PVE's API viewer declares for endpoints that the recorded shapes leave out. */
export const declaredShapes: Readonly<Record<string, object>> = {
  'GET /nodes/{node}/certificates/info': data({ type: 'array', items: CERTIFICATE }),
  'GET /cluster/metrics/export': data(record({ data: { type: 'array', items: METRIC } }, ['data'])),
  'GET /cluster/ha/rules/{rule}': data(itemsOf('GET /cluster/ha/rules')),
  'GET /cluster/ha/groups/{group}': data(itemsOf('GET /cluster/ha/groups')),
  'GET /pools/{poolid}': data(record({ comment: TEXT, members: poolMembers() }, ['members'])),
  'GET /cluster/backup-info/not-backed-up': data({ type: 'array', items: NOT_BACKED_UP }),
  'GET /nodes/{node}/subscription': data(SUBSCRIPTION),
  'GET /nodes/{node}/replication': data({ type: 'array', items: REPLICATION_JOB }),
  'GET /nodes/{node}/replication/{id}/status': data(REPLICATION_JOB),
  'POST /cluster/ha/resources/{sid}/relocate': endpoints['POST /cluster/ha/resources/{sid}/migrate'] ?? {},
};
