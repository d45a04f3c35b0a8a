import { defineShape } from '../answer-shape.ts';

/** GET /version (docs/proxmox-api.md §4.1). */
export const version = defineShape<{ readonly version: string }>({
  type: 'object',
  required: ['version'],
  properties: { version: { type: 'string', minLength: 1, maxLength: 64 } },
});

/** Path to privileges; 1 where the privilege holds below the path as well. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, 0 | 1>>>>;

/** GET /access/permissions (docs/proxmox-api.md §4.13). */
export const permissions = defineShape<Permissions>({
  type: 'object',
  additionalProperties: { type: 'object', additionalProperties: { enum: [0, 1] } },
});

export interface CertificateInformation {
  readonly filename?: string;
  readonly fingerprint?: string;
}

const FINGERPRINT = { type: 'string', pattern: '^([A-Fa-f0-9]{2}:){31}[A-Fa-f0-9]{2}$' };

/** GET /nodes/{node}/certificates/info. */
export const certificates = defineShape<readonly CertificateInformation[]>({
  type: 'array',
  items: { type: 'object', properties: { filename: { type: 'string' }, fingerprint: FINGERPRINT } },
});

/** GET /nodes (docs/proxmox-api.md §4.4). */
export const nodeList = defineShape<readonly { readonly node: string; readonly ssl_fingerprint?: string }[]>({
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['node'],
    properties: { node: { type: 'string' }, ssl_fingerprint: FINGERPRINT },
  },
});
