/** A node of a schema of OpenAPI v3 or of a CRD; no more of it is looked at than is changed. */
export type SchemaNode = Readonly<Record<string, unknown>>;

const COMPONENTS = '#/components/schemas/';
const DEFINITIONS = '#/definitions/';

/**
 * A schema of Kubernetes as JSON Schema, in which no field may stand that it does not name. What JSON Schema cannot say
 * (rules in CEL, lists with keys) is lost.
 */
export function strictSchema(node: SchemaNode): SchemaNode {
  const strict = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, strictValue(key, value)]),
  );
  if (node['x-kubernetes-int-or-string'] === true) return { ...strict, type: ['integer', 'string'] };
  if (node.nullable === true && typeof node.type === 'string')
    return { ...strict, type: [node.type, 'null'] };
  if (node.properties === undefined || node.additionalProperties !== undefined) return strict;
  if (node['x-kubernetes-preserve-unknown-fields'] === true) return strict;
  return { ...strict, additionalProperties: false };
}

function strictValue(key: string, value: unknown): unknown {
  if (key === '$ref' && typeof value === 'string') return value.replace(COMPONENTS, DEFINITIONS);
  // The names of properties are no keywords: one may be called `properties`.
  if (key === 'properties' && isNode(value))
    return mapValues(value, (child) => (isNode(child) ? strictSchema(child) : child));
  // Defaults and the like are data.
  if (key === 'default' || key === 'enum' || key === 'example') return value;
  if (Array.isArray(value)) return value.map((child) => (isNode(child) ? strictSchema(child) : child));
  return isNode(value) ? strictSchema(value) : value;
}

export function isNode(value: unknown): value is SchemaNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function mapValues(node: SchemaNode, change: (value: unknown) => unknown): SchemaNode {
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, change(value)]));
}
