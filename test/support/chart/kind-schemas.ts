import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { CRD_FILES } from '../crd-files.ts';
import { sharedControlPlane } from '../shared-control-plane.ts';
import { isNode, mapValues, type SchemaNode, strictSchema } from './strict-schema.ts';

const FOREIGN = new URL('./schemas/', import.meta.url);

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

export function isKind(object: unknown): object is Kind {
  return isNode(object) && typeof object.apiVersion === 'string' && typeof object.kind === 'string';
}

/** One of a schema's `x-kubernetes-group-version-kind`. */
interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/**
 * The JSON Schema of a kind: of ours from crds/, of those of the Prometheus Operator from a small one of our own, and of the
 * others as a real API server publishes it. Undefined where nobody knows the kind.
 */
export async function kindSchema(kind: Kind): Promise<SchemaNode | undefined> {
  const group = kind.apiVersion.split('/')[0];
  if (group === 'pve-cslb.io') return crdSchema(kind);
  if (group === 'monitoring.coreos.com') {
    return JSON.parse(readFileSync(new URL(`${kind.kind}.json`, FOREIGN), 'utf8'));
  }
  return builtInSchema(kind, await openApi(kind.apiVersion));
}

function crdSchema({ apiVersion, kind }: Kind): SchemaNode | undefined {
  const file = CRD_FILES.find((crd) => crd.kind === kind);
  if (file === undefined) return undefined;
  const { versions } = parse(readFileSync(file.path, 'utf8')).spec;
  const schema = versions.find(({ name }: { name: string }) => apiVersion.endsWith(`/${name}`))?.schema
    .openAPIV3Schema;
  if (schema === undefined) return undefined;
  const properties = {
    ...schema.properties,
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
  };
  return strictSchema({ ...schema, properties });
}

function builtInSchema({ apiVersion, kind }: Kind, document: SchemaNode): SchemaNode | undefined {
  const { components } = document;
  const schemas = isNode(components) && isNode(components.schemas) ? components.schemas : {};
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const found = Object.entries(schemas).find(([, schema]) =>
    kindsOf(schema).some((it) => it.group === group && it.version === version && it.kind === kind),
  );
  if (found === undefined) return undefined;
  const definitions = mapValues(schemas, (schema) => (isNode(schema) ? strictSchema(schema) : schema));
  return { $ref: `#/definitions/${found[0]}`, definitions };
}

function kindsOf(schema: unknown): readonly GroupVersionKind[] {
  const kinds = isNode(schema) ? schema['x-kubernetes-group-version-kind'] : undefined;
  return Array.isArray(kinds) ? kinds : [];
}

const documents = new Map<string, Promise<SchemaNode>>();

/** What the API server publishes of a group and version, read once. */
function openApi(apiVersion: string): Promise<SchemaNode> {
  const begun = documents.get(apiVersion) ?? readOpenApi(apiVersion);
  documents.set(apiVersion, begun);
  return begun;
}

async function readOpenApi(apiVersion: string): Promise<SchemaNode> {
  const path = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
  const controlPlane = await sharedControlPlane();
  const { code, stdout, stderr } = await controlPlane.kubectl(['get', '--raw', `/openapi/v3/${path}`]);
  // A group that the server does not know has no kinds.
  if (code !== 0 && stderr.includes('NotFound')) return {};
  if (code !== 0) throw new Error(`No OpenAPI of ${apiVersion}: ${stderr}`);
  return JSON.parse(stdout);
}
