import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

import { declaredShapes } from './declared-shapes.ts';

const ajv = new Ajv({ strict: false, allErrors: true });
const { endpoints } = JSON.parse(
  readFileSync(new URL('../../fixtures/proxmox/wire-shapes.json', import.meta.url), 'utf8'),
) as { readonly endpoints: Readonly<Record<string, object>> };
const compiled = new Map<string, ValidateFunction>();

/** What is wrong with an answer to `endpoint` (`GET /nodes/{node}/status`, or `error`), in words; empty when nothing is. */
export function wireShapeErrors(endpoint: string, body: string): string[] {
  let validate = compiled.get(endpoint);
  if (!validate) {
    const schema = endpoints[endpoint] ?? declaredShapes[endpoint];
    if (!schema) throw new Error(`there is no wire shape for ${endpoint}`);
    validate = ajv.compile(schema);
    compiled.set(endpoint, validate);
  }
  if (validate(JSON.parse(body))) return [];
  return (validate.errors ?? []).map(
    (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
  );
}
