import { defineShape } from '../answer-shape.ts';
import { FLAG, type Flag } from './figures.ts';

/** Entries of nodes and services are looked at one by one: a bad one must not hide the others. */
export interface HaManagerStatus {
  readonly manager_status?: {
    readonly node_status?: Readonly<Record<string, unknown>>;
    readonly node_request?: Readonly<Record<string, unknown>>;
    readonly service_status?: Readonly<Record<string, unknown>>;
    readonly disarm?: unknown;
  };
  readonly lrm_status?: Readonly<Record<string, unknown>>;
}

/** GET /cluster/ha/status/manager_status (docs/proxmox-api.md §4.11); nearly empty while HA was never used. */
export const haManagerStatus = defineShape<HaManagerStatus>({
  type: 'object',
  properties: {
    manager_status: {
      type: 'object',
      properties: {
        node_status: { type: 'object' },
        node_request: { type: 'object' },
        service_status: { type: 'object' },
      },
    },
    lrm_status: { type: 'object' },
  },
});

/** GET /cluster/ha/resources (docs/proxmox-api.md §4.11): an entry that does not say which guest it is spoils the answer. */
export const haResources = defineShape<readonly { readonly sid: string }[]>({
  type: 'array',
  items: { type: 'object', required: ['sid'], properties: { sid: { type: 'string' } } },
});

export interface HaResource {
  readonly sid: string;
  readonly state?: string;
  readonly failback?: Flag;
  readonly 'auto-rebalance'?: Flag;
  /** PVE 8. */
  readonly group?: string;
}

/** One of them, configured values only: `state` is absent for `started`. */
export const haResource = defineShape<HaResource>({
  type: 'object',
  required: ['sid'],
  properties: {
    sid: { type: 'string' },
    state: { type: 'string' },
    failback: FLAG,
    'auto-rebalance': FLAG,
    group: { type: 'string' },
  },
});

/** GET /cluster/ha/rules and GET /cluster/ha/groups, whose entries are looked at one by one. */
export const haEntries = defineShape<readonly Readonly<Record<string, unknown>>[]>({
  type: 'array',
  items: { type: 'object' },
});

const NAME = { type: 'string', minLength: 1, maxLength: 128 };
/** `pve1:2,pve3` */
const NODES = { type: 'string', pattern: '^[A-Za-z0-9-]+(:\\d{1,4})?([,;\\s]+[A-Za-z0-9-]+(:\\d{1,4})?)*$' };
/** `vm:100,ct:200` */
const RESOURCES = { type: 'string', pattern: '^[a-z]+:\\d+([,;\\s]+[a-z]+:\\d+)*$', maxLength: 100_000 };

interface RuleBase {
  readonly rule: string;
  readonly resources: string;
  readonly affinity?: 'positive' | 'negative';
}

export interface NodeAffinityRule extends RuleBase {
  readonly type: 'node-affinity';
  readonly nodes: string;
  readonly strict?: Flag;
}

export interface ResourceAffinityRule extends RuleBase {
  readonly type: 'resource-affinity';
}

const AFFINITY = { enum: ['positive', 'negative'] };

/** A rule in force (docs/proxmox-api.md §4.11). */
export const haRule = defineShape<NodeAffinityRule | (ResourceAffinityRule & { readonly affinity: string })>({
  type: 'object',
  required: ['rule', 'type', 'resources'],
  properties: { rule: NAME, type: { enum: ['node-affinity', 'resource-affinity'] }, resources: RESOURCES },
  if: { properties: { type: { const: 'node-affinity' } } },
  // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
  then: { required: ['nodes'], properties: { nodes: NODES, strict: FLAG, affinity: AFFINITY } },
  else: { required: ['affinity'], properties: { affinity: AFFINITY } },
});

/** Which guests a rule is about, where at least that can be read. */
export const haRuleResources = defineShape<{ readonly resources: string }>({
  type: 'object',
  required: ['resources'],
  properties: { resources: RESOURCES },
});

export interface HaGroup {
  readonly group: string;
  readonly nodes: string;
  readonly restricted?: Flag;
  readonly nofailback?: Flag;
}

/** A group of PVE 8 (docs/proxmox-api.md §4.11). */
export const haGroup = defineShape<HaGroup>({
  type: 'object',
  required: ['group', 'nodes'],
  properties: { group: NAME, nodes: NODES, restricted: FLAG, nofailback: FLAG },
});
