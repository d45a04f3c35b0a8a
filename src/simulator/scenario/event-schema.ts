import { NAME, OPTIONS, record, SIZE, TEXT, TIME, VMID } from './schema-parts.ts';

const SWITCHED = record({ node: NAME, on: { type: 'boolean' } }, ['node', 'on']);

const FAULT = record(
  {
    method: { enum: ['GET', 'POST', 'PUT', 'DELETE'] },
    path: { type: 'string', minLength: 1, format: 'regex' },
    times: { type: 'integer', minimum: 1 },
    effect: {
      enum: [
        'loseAnswer',
        'loseRequest',
        'hang',
        'slow',
        'answer',
        'html',
        'truncated',
        'nullData',
        'stringNumbers',
        'endless',
      ],
    },
    delay: TIME,
    status: { type: 'integer', minimum: 200, maximum: 599 },
    reason: TEXT,
    body: { type: 'string' },
  },
  ['path', 'effect'],
);

const ACTIONS = {
  nodeOffline: NAME,
  nodeOnline: NAME,
  quorum: { type: 'boolean' },
  maintenance: SWITCHED,
  slowNode: record({ node: NAME, delay: TIME }, ['node', 'delay']),
  freezeStatistics: SWITCHED,
  failNextMigration: record(
    { vmid: VMID, exitStatus: TEXT, reason: TEXT, leaves: { enum: ['locked', 'paused', 'stopped'] } },
    ['vmid', 'exitStatus'],
  ),
  lock: record({ vmid: VMID, lock: TEXT }, ['vmid', 'lock']),
  unlock: VMID,
  backup: record({ vmid: VMID, duration: TIME }, ['vmid', 'duration']),
  demand: record({ vmid: VMID, cpu: { type: 'number', minimum: 0, maximum: 8192 }, memory: SIZE }, ['vmid']),
  haServiceState: record({ vmid: VMID, state: TEXT }, ['vmid', 'state']),
  disarmHa: { enum: ['freeze', 'ignore', 'off'] },
  options: OPTIONS,
  revokeToken: TEXT,
  expireTickets: { const: true },
  disableUser: TEXT,
  enableUser: TEXT,
  closeListener: NAME,
  openListener: NAME,
  fault: FAULT,
};

export const EVENT = {
  type: 'object',
  properties: { at: TIME, ...ACTIONS },
  required: ['at'],
  additionalProperties: false,
  minProperties: 2,
  maxProperties: 2,
};
