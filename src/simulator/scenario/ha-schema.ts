import { list, record, TEXT } from './schema-parts.ts';

const FLAG = { type: 'boolean' } as const;
const COUNT = { type: 'integer', minimum: 0, maximum: 10 } as const;
const AFFINITY = { enum: ['positive', 'negative'] } as const;
const NODES = list({ type: 'string', pattern: '^[a-zA-Z0-9-]+(:[0-9]+)?$' }, 1);
const RESOURCES = list({ type: 'string', pattern: '^(vm|ct):[0-9]+$' }, 1);
const RULE = { name: TEXT, type: TEXT, resources: RESOURCES, disabled: FLAG, comment: TEXT };

export const HA_RESOURCE = record({
  state: { enum: ['started', 'stopped', 'enabled', 'disabled', 'ignored'] },
  group: TEXT,
  failback: FLAG,
  autoRebalance: FLAG,
  maxRestart: COUNT,
  maxRelocate: COUNT,
  comment: TEXT,
});

export const HA = record({
  groups: list(
    record({ name: TEXT, nodes: NODES, restricted: FLAG, nofailback: FLAG, comment: TEXT }, [
      'name',
      'nodes',
    ]),
  ),
  rules: list({
    anyOf: [
      record({ ...RULE, type: { const: 'node-affinity' }, nodes: NODES, strict: FLAG, affinity: AFFINITY }, [
        'name',
        'type',
        'resources',
        'nodes',
      ]),
      record({ ...RULE, type: { const: 'resource-affinity' }, affinity: AFFINITY }, [
        'name',
        'type',
        'resources',
        'affinity',
      ]),
    ],
  }),
});
