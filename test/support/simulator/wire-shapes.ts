import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

const ajv = new Ajv({ strict: false, allErrors: true });
const { endpoints } = JSON.parse(
  readFileSync(new URL('../../fixtures/proxmox/wire-shapes.json', import.meta.url), 'utf8'),
) as { readonly endpoints: Readonly<Record<string, object>> };
const compiled = new Map<string, ValidateFunction>();

/** What GET /nodes/{node}/certificates/info declares; the recorded shapes leave it out. */
const CERTIFICATES = {
  type: 'object',
  required: ['data'],
  additionalProperties: false,
  properties: {
    data: {
      type: 'array',
      items: {
        type: 'object',
        required: ['filename', 'fingerprint', 'pem'],
        additionalProperties: false,
        properties: {
          filename: { type: 'string' },
          fingerprint: { type: 'string', pattern: '^([0-9A-F]{2}:){31}[0-9A-F]{2}$' },
          issuer: { type: 'string' },
          subject: { type: 'string' },
          notbefore: { type: 'integer' },
          notafter: { type: 'integer' },
          pem: { type: 'string', pattern: '^-----BEGIN CERTIFICATE-----' },
          'public-key-bits': { type: 'integer' },
          'public-key-type': { type: 'string' },
          san: { type: 'array', items: { type: 'string' } },
        },
      },
    },
  },
};

/** What is wrong with an answer to `endpoint` (`GET /nodes/{node}/status`, or `error`), in words; empty when nothing is. */
export function wireShapeErrors(endpoint: string, body: string): string[] {
  let validate = compiled.get(endpoint);
  if (!validate) {
    const schema = endpoint === 'GET /nodes/{node}/certificates/info' ? CERTIFICATES : endpoints[endpoint];
    if (!schema) throw new Error(`there is no wire shape for ${endpoint}`);
    validate = ajv.compile(schema);
    compiled.set(endpoint, validate);
  }
  if (validate(JSON.parse(body))) return [];
  return (validate.errors ?? []).map(
    (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
  );
}
