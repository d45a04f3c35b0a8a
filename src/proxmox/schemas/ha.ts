import { defineShape } from '../answer-shape.ts';

export interface HaManagerStatus {
  readonly manager_status?: {
    readonly node_status?: Readonly<Record<string, string>>;
    readonly node_request?: Readonly<Record<string, { readonly maintenance?: unknown }>>;
  };
  readonly lrm_status?: Readonly<Record<string, { readonly mode?: unknown }>>;
}

/** GET /cluster/ha/status/manager_status (docs/proxmox-api.md §4.11); nearly empty while HA was never used. */
export const haManagerStatus = defineShape<HaManagerStatus>({
  type: 'object',
  properties: {
    manager_status: {
      type: 'object',
      properties: {
        node_status: { type: 'object', additionalProperties: { type: 'string' } },
        node_request: { type: 'object', additionalProperties: { type: 'object' } },
      },
    },
    lrm_status: { type: 'object', additionalProperties: { type: 'object' } },
  },
});

export interface HaResource {
  readonly sid: string;
  readonly state?: string;
}

/** GET /cluster/ha/resources (docs/proxmox-api.md §4.11): configured values only, `state` is absent for `started`. */
export const haResources = defineShape<readonly HaResource[]>({
  type: 'array',
  items: {
    type: 'object',
    required: ['sid'],
    properties: { sid: { type: 'string' }, state: { type: 'string' } },
  },
});
