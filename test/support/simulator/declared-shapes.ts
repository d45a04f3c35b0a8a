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
  'POST /cluster/ha/resources/{sid}/relocate': endpoints['POST /cluster/ha/resources/{sid}/migrate'] ?? {},
};
