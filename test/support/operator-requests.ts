import type { BalancePolicyStatus } from '../../src/api/generated/balance-policy.ts';
import type { ApiProxy, HeldRequest } from './api-proxy.ts';

/** Stops the operator at the moments that matter, by holding the request that it makes there. */

export function holdMigrateRequest(proxmox: ApiProxy, vmid: number): Promise<HeldRequest> {
  return proxmox.hold(
    `the migrate request of ${vmid}`,
    ({ method, path }) => method === 'POST' && path.endsWith(`/${vmid}/migrate`),
  );
}

/** The next write of this policy's status that looks like this. */
function holdStatusWrite(
  apiServer: ApiProxy,
  policy: string,
  what: string,
  matches: (status: BalancePolicyStatus) => boolean,
): Promise<HeldRequest> {
  return apiServer.hold(`the write of ${policy}'s ${what}`, ({ method, path, body }) => {
    if (method !== 'PATCH' || !path.includes(`/balancepolicies/${policy}/status?`)) return false;
    return matches(JSON.parse(body).status);
  });
}

export function holdIntent(apiServer: ApiProxy, policy: string): Promise<HeldRequest> {
  return holdStatusWrite(apiServer, policy, 'intent', ({ migrations = [] }) =>
    migrations.some(({ state, upid }) => state === 'Pending' && upid === undefined),
  );
}

export function holdTaskRecord(apiServer: ApiProxy, policy: string): Promise<HeldRequest> {
  return holdStatusWrite(apiServer, policy, 'UPID', ({ migrations = [] }) =>
    migrations.some(({ upid }) => upid !== undefined),
  );
}

export function holdOutcome(apiServer: ApiProxy, policy: string): Promise<HeldRequest> {
  return holdStatusWrite(apiServer, policy, 'outcome', ({ history = [] }) => history.length > 0);
}
