import fc from 'fast-check';
import { OperatorError } from '../../../src/lib/errors.ts';
import { examineGuest } from '../../../src/proxmox/examine-guest.ts';
import { readGuest } from '../../../src/proxmox/guest.ts';
import { readInventory } from '../../../src/proxmox/inventory.ts';
import { probe } from '../../../src/proxmox/probe.ts';
import type { ProxmoxReader } from '../../../src/proxmox/reader.ts';
import { listMigrateTasks, readTask } from '../../../src/proxmox/tasks.ts';
import { clusterResponses, fixtureData } from '../../support/proxmox-fixture.ts';

/** Every number anywhere in a value. */
function* numbersIn(value: unknown): Generator<number> {
  if (typeof value === 'number') yield value;
  else if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) yield* numbersIn(part);
}

type Read = (reader: ProxmoxReader) => Promise<unknown>;

async function mustBeSoundOrRefused(read: Read, answer: (path: string) => unknown): Promise<void> {
  const reader: ProxmoxReader = { get: async (path) => ({ data: answer(path), proxmoxTime: 1_000 }) };
  let result: unknown;
  try {
    result = await read(reader);
  } catch (error) {
    if (error instanceof OperatorError) return;
    throw error;
  }
  for (const number of numbersIn(result)) {
    if (!Number.isFinite(number) || number < 0) throw new Error(`the result holds ${number}`);
  }
}

interface Place {
  readonly path: string;
  readonly keys: readonly (string | number)[];
}

/** PVE 8 knows no rules. */
function withoutRules(reader: ProxmoxReader): ProxmoxReader {
  return {
    async get(path) {
      if (path === '/cluster/ha/rules') throw new OperatorError('NotImplemented', 'no rules');
      return reader.get(path);
    },
  };
}

/** Where anything can be replaced in the answers. */
function placesIn(responses: Record<string, unknown>): readonly Place[] {
  const places: Place[] = [];
  function walk(path: string, keys: readonly (string | number)[], value: unknown): void {
    places.push({ path, keys });
    if (Array.isArray(value)) for (const [index, part] of value.entries()) walk(path, [...keys, index], part);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, part] of Object.entries(value)) walk(path, [...keys, key], part);
    }
  }
  for (const [path, value] of Object.entries(responses)) walk(path, [], value);
  return places;
}

function replaced(value: unknown, keys: readonly (string | number)[], replacement: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return replacement;
  if (Array.isArray(value))
    return value.map((part, index) => (index === key ? replaced(part, rest, replacement) : part));
  return Object.fromEntries(
    Object.entries(Object(value)).map(([name, part]) => [
      name,
      name === key ? replaced(part, rest, replacement) : part,
    ]),
  );
}

const signal = new AbortController().signal;
const UPID = 'UPID:pve1:000956CC:0AD0BE16:6921A596:qmigrate:102:balancer@pve!operator:';
const TASK = `/nodes/pve1/tasks/${encodeURIComponent(UPID)}`;
const VM = { vmid: 102, type: 'qemu', node: 'pve1' } as const;
const CONTAINER = { vmid: 200, type: 'lxc', node: 'pve2' } as const;

const READS: Readonly<Record<string, { readonly read: Read; readonly good: Record<string, unknown> }>> = {
  inventory: { read: (reader) => readInventory(reader), good: clusterResponses() },
  'inventory of PVE 9.2': { read: (reader) => readInventory(reader), good: clusterResponses('9.2') },
  'inventory of PVE 8.4': {
    read: (reader) => readInventory(withoutRules(reader)),
    good: clusterResponses('8.4'),
  },
  probe: {
    read: (reader) => probe(reader, signal),
    good: {
      ...clusterResponses(),
      '/version': fixtureData('9.1/GET_version'),
      '/access/permissions': fixtureData('9.1/GET_access_permissions'),
      '/nodes/localhost/certificates/info': [{ filename: 'pve-ssl.pem' }],
      '/nodes': fixtureData('9.1/GET_nodes'),
    },
  },
  'guest status': {
    read: (reader) => readGuest(reader, VM, signal),
    good: {
      '/nodes/pve1/qemu/102/status/current': fixtureData('9.1/GET_nodes_pve1_qemu_100_status_current'),
    },
  },
  'examination of a VM': {
    read: (reader) => examineGuest(reader, VM, signal),
    good: {
      '/nodes/pve1/qemu/102/migrate': fixtureData('9.1/GET_nodes_pve3_qemu_104_migrate_local'),
      '/nodes/pve1/qemu/102/config': fixtureData('9.1/GET_nodes_pve3_qemu_104_config'),
    },
  },
  'examination of a container': {
    read: (reader) => examineGuest(reader, CONTAINER, signal),
    good: {
      '/nodes/pve2/lxc/200/migrate': fixtureData('9.1/GET_nodes_pve2_lxc_200_migrate_ha'),
      '/nodes/pve2/lxc/200/config': fixtureData('9.1/GET_nodes_pve2_lxc_200_config'),
    },
  },
  task: {
    read: (reader) => readTask(reader, UPID, signal),
    good: {
      [`${TASK}/status`]: fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_status_aborted'),
      [`${TASK}/log`]: fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_log_aborted'),
    },
  },
  'list of tasks': {
    read: (reader) => listMigrateTasks(reader, VM, signal),
    good: { '/nodes/pve1/tasks': fixtureData('9.1/GET_nodes_pve1_tasks') },
  },
};

describe('foreign JSON', () => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -1,
      '',
      '1e999',
      1e300,
      {},
      [],
      null,
      { valueOf: 1, toString: 1 },
      [{ valueOf: 1, toString: 1 }],
    ),
  );

  for (const [what, { read, good }] of Object.entries(READS)) {
    it(`${what}: any answers give sound numbers or an OperatorError`, async () => {
      const answers = fc.record(Object.fromEntries(Object.keys(good).map((path) => [path, anything])));
      await fc.assert(
        fc.asyncProperty(answers, (found) => mustBeSoundOrRefused(read, (path) => found[path])),
        { numRuns: 200 },
      );
    });

    it(`${what}: so does any value in any place of good answers`, async () => {
      const place = fc.constantFrom(...placesIn(good));
      await fc.assert(
        fc.asyncProperty(place, anything, (at, replacement) => {
          const changed = { ...good, [at.path]: replaced(good[at.path], at.keys, replacement) };
          return mustBeSoundOrRefused(read, (path) => Object(changed)[path]);
        }),
        { numRuns: 500 },
      );
    });
  }
});
