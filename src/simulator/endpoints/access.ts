import type { Caller } from '../access/permissions.ts';
import { permissionError } from '../http/api-error.ts';
import type { Call, Route } from '../http/route.ts';

// PVE answers for these besides everything that has an entry of its own.
const COMMON_PATHS = ['/', '/access', '/access/groups', '/nodes', '/pool', '/sdn', '/storage', '/vms'];

function permissions(call: Call) {
  const userid = call.parameters.text('userid');
  if (userid !== undefined && userid !== call.caller.id && !call.may('/access', 'Sys.Audit')) {
    throw permissionError('/access', ['Sys.Audit']);
  }
  const subject = userid === undefined ? call.caller : callerOf(userid);
  const path = call.parameters.text('path');
  const members = [...call.cluster.guests.values()].filter((guest) => guest.pool !== undefined);
  const paths =
    path === undefined
      ? [...COMMON_PATHS, ...call.permissions.paths(), ...members.map((guest) => `/vms/${guest.vmid}`)]
      : [path];
  const entries = paths
    .map((each) => [each, Object.fromEntries(call.permissions.on(subject, each))] as const)
    .filter(([, privileges]) => Object.keys(privileges).length > 0);
  return Object.fromEntries(entries);
}

function callerOf(id: string): Caller {
  const [user = '', token] = id.split('!');
  return { user, token, id };
}

export const accessRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/access/permissions',
    parameters: { path: { type: 'string', optional: true }, userid: { type: 'string', optional: true } },
    forwarded: false,
    handle: permissions,
  },
];
