import type { Caller } from '../access/permissions.ts';
import { ApiError } from '../http/api-error.ts';
import type { Call, Route } from '../http/route.ts';

/** POST /access/ticket: login, its second step, and renewal (docs/proxmox-api.md §2.3, §2.5, §2.6). */
function createTicket(call: Call) {
  const { accounts, tickets } = call.authentication;
  const { parameters } = call;
  const now = call.cluster.now();
  const user = userOf(call);
  const password = parameters.text('password') ?? '';
  if (!accounts.isEnabled(user)) throw failed();
  const challenge = parameters.text('tfa-challenge');
  const factor = accounts.secondFactor(user);
  if (challenge !== undefined) {
    const solved = factor !== undefined && password === `totp:${factor}`;
    if (!solved || !tickets.answersChallenge(challenge, user, now)) throw failed();
  } else if (tickets.userOf(password, now) !== user) {
    if (!accounts.hasPassword(user, password)) throw failed();
    const otp = parameters.text('otp');
    if (factor !== undefined && otp === undefined) {
      const half = tickets.challenge(user, now);
      return { username: user, ticket: half.ticket, CSRFPreventionToken: half.csrfToken, NeedTFA: 1 };
    }
    if (factor !== undefined && otp !== factor) throw failed();
  }
  const { ticket, csrfToken } = tickets.issue(user, now);
  const caller = { user, token: undefined, id: user };
  const seesName = call.permissions.has(caller, '/', ['Sys.Audit']);
  return {
    username: user,
    ticket,
    CSRFPreventionToken: csrfToken,
    ...(seesName ? { clustername: call.cluster.scenario.clusterName } : {}),
    cap: capabilities(call, caller),
  };
}

function userOf(call: Call): string {
  const name = call.parameters.text('username') ?? '';
  const realm = call.parameters.text('realm');
  return name.includes('@') || realm === undefined ? name : `${name}@${realm}`;
}

function failed(): ApiError {
  return new ApiError(401, 'authentication failure\n');
}

const AREAS: readonly (readonly [string, string, string])[] = [
  ['access', '/access', 'User.'],
  ['dc', '/', 'Sys.'],
  ['mapping', '/mapping', 'Mapping.'],
  ['nodes', '/nodes', 'Sys.'],
  ['sdn', '/sdn', 'SDN.'],
  ['storage', '/storage', 'Datastore.'],
  ['vms', '/vms', 'VM.'],
];

function capabilities(call: Call, caller: Caller) {
  return Object.fromEntries(
    AREAS.map(([area, path, prefix]) => {
      const privileges = [...call.permissions.on(caller, path).keys()];
      return [
        area,
        Object.fromEntries(privileges.filter((each) => each.startsWith(prefix)).map((each) => [each, 1])),
      ];
    }),
  );
}

const TEXT = { type: 'string', optional: true } as const;

export const ticketRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/access/ticket',
    parameters: {
      username: { type: 'string' },
      password: { type: 'string' },
      realm: TEXT,
      otp: TEXT,
      'tfa-challenge': TEXT,
      path: { ...TEXT, requires: 'privs' },
      privs: { ...TEXT, requires: 'path' },
      'new-format': { type: 'boolean', optional: true },
    },
    forwarded: false,
    handle: createTicket,
  },
];
