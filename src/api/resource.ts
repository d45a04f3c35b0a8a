/** How the API server knows our kinds. */
export const GROUP = 'pve-cslb.io';
const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}` as const;

export const PVE_CLUSTER = {
  group: GROUP,
  version: VERSION,
  plural: 'pveclusters',
  kind: 'PveCluster',
} as const;
export const BALANCE_POLICY = {
  group: GROUP,
  version: VERSION,
  plural: 'balancepolicies',
  kind: 'BalancePolicy',
} as const;
