import { parameterError, permissionError, serverError } from '../http/api-error.ts';
import type { Call, Route } from '../http/route.ts';
import type { PoolSpecification } from '../scenario/specifications.ts';
import { guestEntry, storageEntry, visibleGuests } from './resources.ts';

/** GET /pools: all pools, or one with its members (docs/proxmox-api.md §4.13). */
function list(call: Call) {
  const poolid = call.parameters.text('poolid');
  if (poolid !== undefined) {
    const pool = poolOf(call, poolid);
    return [{ ...describe(pool), members: members(call, pool) }];
  }
  const visible = call.cluster.scenario.pools.filter((pool) => call.may(`/pool/${pool.name}`, 'Pool.Audit'));
  return call.shuffle(visible.map(describe));
}

/** GET /pools/{poolid}: the older form, for pools that are in no other. */
function read(call: Call) {
  const pool = poolOf(call, call.parameters.text('poolid') ?? '');
  const { comment } = pool;
  return { ...(comment === undefined ? {} : { comment }), members: members(call, pool) };
}

function poolOf(call: Call, poolid: string): PoolSpecification {
  if (!/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+){0,2}$/.test(poolid)) {
    throw parameterError({ poolid: 'invalid format - illegal pool name\n' });
  }
  if (!call.may(`/pool/${poolid}`, 'Pool.Audit')) throw permissionError(`/pool/${poolid}`, ['Pool.Audit']);
  const pool = call.cluster.scenario.pools.find((each) => each.name === poolid);
  if (!pool) throw serverError(`pool '${poolid}' does not exist`);
  return pool;
}

function describe(pool: PoolSpecification) {
  return { poolid: pool.name, ...(pool.comment === undefined ? {} : { comment: pool.comment }) };
}

function members(call: Call, pool: PoolSpecification) {
  const { cluster } = call;
  const type = call.parameters.text('type');
  const guests = visibleGuests(call)
    .filter((guest) => guest.pool === pool.name)
    .map((guest) => guestEntry(call, guest));
  const storages = [...cluster.nodes.values()].flatMap((node) =>
    cluster
      .storagesOn(node.name)
      .filter((storage) => pool.storages.includes(storage.name))
      .map((storage) => storageEntry(node, storage)),
  );
  return [...guests, ...storages].filter((entry) => type === undefined || entry.type === type);
}

const TYPE = { type: 'string', values: ['qemu', 'lxc', 'storage'], optional: true } as const;

export const poolRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/pools',
    parameters: {
      poolid: { type: 'string', optional: true },
      type: { ...TYPE, requires: 'poolid' },
    },
    forwarded: false,
    handle: list,
  },
  {
    method: 'GET',
    path: '/pools/{poolid}',
    parameters: { poolid: { type: 'string' }, type: TYPE },
    permission: { path: '/pool/{poolid}', anyOf: ['Pool.Audit'] },
    forwarded: false,
    handle: read,
  },
];
