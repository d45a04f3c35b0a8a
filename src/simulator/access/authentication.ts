import type { IncomingMessage } from 'node:http';

import { ApiError } from '../http/api-error.ts';
import type { Profile } from '../profile.ts';
import type { Accounts } from './accounts.ts';
import type { Caller } from './permissions.ts';
import { isHalfTicket, type Tickets } from './tickets.ts';

export interface Authentication {
  readonly accounts: Accounts;
  readonly tickets: Tickets;
}

/** Whoever asks for what needs no login. */
export const NOBODY: Caller = { user: '', token: undefined, id: '' };

const TOKEN = /^PVEAPIToken[= ]([^!\s]+@[^!\s]+)!([^=\s]+)=(\S+)$/;

/** Who a request comes from. Throws the 401 or 403 of its credentials (docs/proxmox-api.md §2.1, §2.4, §2.7). */
export function authenticate(
  { accounts, tickets }: Authentication,
  request: Pick<IncomingMessage, 'headers' | 'method'>,
  path: string,
  profile: Profile,
  now: number,
): Caller {
  const { headers } = request;
  const isToken = headers.authorization?.startsWith('PVEAPIToken') ?? false;
  if (request.method === 'POST' && path === '/access/ticket') {
    if (isToken) throw tokenNotAllowed(path);
    return NOBODY;
  }
  const ticket = ticketOf(headers.cookie);
  if (ticket !== undefined && ticket !== '') {
    if (isHalfTicket(ticket)) throw unauthorized('No ticket');
    const user = tickets.userOf(ticket, now);
    if (user === undefined) throw rejected(profile, 'permission denied - invalid PVE ticket');
    if (!accounts.isEnabled(user)) throw rejected(profile, `user '${user}' is disabled`);
    const csrf = String(headers.csrfpreventiontoken ?? '');
    if (request.method !== 'GET' && !tickets.isCsrfTokenOf(user, csrf, now)) {
      throw unauthorized('Permission denied - invalid csrf token');
    }
    return { user, token: undefined, id: user };
  }
  if (!isToken) throw unauthorized('No ticket');
  const [, user = '', token = '', secret = ''] = TOKEN.exec(headers.authorization ?? '') ?? [];
  if (user === '') throw rejected(profile, 'no tokenid specified');
  const caller = accounts.verifyToken(user, token, secret, now);
  if ('reason' in caller) throw rejected(profile, caller.reason);
  return caller;
}

function unauthorized(reason: string): ApiError {
  return new ApiError(401, reason, { body: 'None' });
}

function rejected(profile: Profile, reason: string): ApiError {
  return unauthorized(profile.features.has('plainUnauthorized') ? 'Authentication failed!' : reason);
}

/** The ticket in a Cookie header, decoded. */
function ticketOf(cookies: string | undefined): string | undefined {
  const value = /(?:^|;\s*)PVEAuthCookie=([^;]*)/.exec(cookies ?? '')?.[1];
  if (value === undefined) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function tokenNotAllowed(path: string): ApiError {
  const reason = `URI '${path}' not available with API token, need proper ticket.`;
  return new ApiError(403, `Permission check failed (${reason}\n)\n`);
}
