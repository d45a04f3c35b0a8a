import { permissionError, serverError } from '../http/api-error.ts';
import type { Call, Route } from '../http/route.ts';
import { guestEntry, visibleGuests } from './resources.ts';

function list(call: Call) {
  const poolid = call.parameters.text('poolid');
  if (poolid !== undefined && !call.may(`/pool/${poolid}`, 'Pool.Audit')) {
    throw permissionError(`/pool/${poolid}`, ['Pool.Audit']);
  }
  const visible = call.cluster.scenario.pools.filter((pool) => call.may(`/pool/${pool.name}`, 'Pool.Audit'));
  const named = visible.filter((pool) => poolid === undefined || pool.name === poolid);
  if (poolid !== undefined && named.length === 0) throw serverError(`pool '${poolid}' does not exist`);
  return call.shuffle(
    named.map((pool) => ({
      poolid: pool.name,
      ...(pool.comment === undefined ? {} : { comment: pool.comment }),
      ...(poolid === undefined ? {} : { members: members(call, pool.name) }),
    })),
  );
}

function members(call: Call, pool: string) {
  const type = call.parameters.text('type');
  const guests = visibleGuests(call).filter((guest) => guest.pool === pool);
  return guests
    .filter((guest) => type === undefined || guest.type === type)
    .map((guest) => guestEntry(call, guest));
}

export const poolRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/pools',
    parameters: {
      poolid: { type: 'string', optional: true },
      type: { type: 'string', values: ['qemu', 'lxc', 'storage'], optional: true },
    },
    forwarded: false,
    handle: list,
  },
];
