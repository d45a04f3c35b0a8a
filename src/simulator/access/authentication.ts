import type { IncomingHttpHeaders } from 'node:http';

import type { Caller, Permissions } from './permissions.ts';

const TOKEN = /^PVEAPIToken[= ]([^!\s]+@[^!\s]+)!([^=\s]+)=(\S+)$/;

/** Who a request comes from, or the reason phrase of the 401 (docs/proxmox-api.md §2.1, §2.7). */
export function authenticate(headers: IncomingHttpHeaders, permissions: Permissions): Caller | string {
  const authorization = headers.authorization;
  if (!authorization?.startsWith('PVEAPIToken')) return 'No ticket';
  const [, user = '', token = '', secret = ''] = TOKEN.exec(authorization) ?? [];
  return permissions.authenticate(user, token, secret) ?? 'Authentication failed!';
}
