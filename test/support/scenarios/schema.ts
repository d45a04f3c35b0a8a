import { BLOCK_REASONS } from '../../../src/api/block-reasons.ts';
import { REASONS } from '../../../src/api/reasons.ts';
import type { StepKinds } from './document.ts';

const NAME = { type: 'string', pattern: '^[a-z0-9][-a-z0-9]*$' };
const TEXT = { type: 'string', minLength: 1 };
const TIME = { type: 'string', pattern: '^([0-9]+(h|m|s))+$' };
const VMID = { type: 'integer', minimum: 100 };
const OBJECT = { type: 'object' };

function record(properties: object, required: readonly string[] = []): object {
  return { type: 'object', properties, required, additionalProperties: false };
}

function byName(value: object): object {
  return { type: 'object', additionalProperties: value };
}

function list(items: object): object {
  return { type: 'array', items };
}

const CONDITION = {
  type: 'string',
  pattern: `^(Absent|(True|False|Unknown) (${Object.keys(REASONS).join('|')}))$`,
};

const WAIT = {
  ...record(
    {
      policy: NAME,
      cluster: NAME,
      within: TIME,
      conditions: byName(CONDITION),
      message: { type: 'string', format: 'regex' },
      blocked: {
        type: 'object',
        propertyNames: { enum: Object.keys(BLOCK_REASONS) },
        additionalProperties: { type: 'integer', minimum: 0 },
      },
      plan: list({ type: 'string', pattern: '^[0-9]+ \\S+ \\S+$' }),
      roles: byName(TEXT),
      migrations: byName({ enum: ['Pending', 'Running', 'Queued', 'Overdue'] }),
      resting: list(VMID),
      requested: TEXT,
    },
    ['within'],
  ),
  minProperties: 2,
};

const STEPS: Readonly<Record<keyof StepKinds, object>> = {
  run: TIME,
  wait: WAIT,
  pve: { ...OBJECT, minProperties: 1, maxProperties: 1 },
  task: record({ type: TEXT, vmid: VMID, node: NAME, user: TEXT, duration: TIME }, [
    'type',
    'vmid',
    'node',
    'user',
    'duration',
  ]),
  moveGuest: record({ vmid: VMID, target: NAME }, ['vmid', 'target']),
  removeGuest: VMID,
  configure: record({ vmid: VMID, lines: OBJECT }, ['vmid', 'lines']),
  reachable: { type: 'boolean' },
  replaceCluster: NAME,
  policy: byName(OBJECT),
  pveCluster: byName(OBJECT),
  annotate: byName(byName({ type: 'string' })),
  approve: NAME,
  createPolicy: byName(OBJECT),
  deletePolicy: NAME,
  deleteCluster: NAME,
  wipeStatus: NAME,
  fillCooldowns: NAME,
  refuse: record({ kind: TEXT, status: { type: 'integer', minimum: 400, maximum: 599 } }, ['kind', 'status']),
  accept: TEXT,
  operator: { enum: ['stop', 'kill', 'start'] },
};

/** Of a file of test/scenarios. What goes to the simulator and the API server is checked there. */
export const SCENARIO_FILE = record(
  {
    title: TEXT,
    start: { type: 'string', format: 'date-time' },
    proxmox: OBJECT,
    pveClusters: byName(OBJECT),
    policies: byName(OBJECT),
    credentials: record({
      secret: { type: 'boolean' },
      type: TEXT,
      token: { enum: ['operator', 'auditor'] },
    }),
    leaderElection: { type: 'boolean' },
    steps: { ...list({ ...record(STEPS), minProperties: 1, maxProperties: 1 }), minItems: 1 },
    expect: record(
      {
        tasks: list({ type: 'string', pattern: '^[0-9]+ \\S+ \\S+ .+$' }),
        history: list({
          type: 'string',
          pattern: '^[0-9]+ (Succeeded|Failed|Refused|NotStarted|Superseded|Unknown)$',
        }),
        events: list(TEXT),
        noEvents: list(TEXT),
        ends: list(TEXT),
      },
      ['tasks', 'history'],
    ),
  },
  ['title', 'steps', 'expect'],
);
