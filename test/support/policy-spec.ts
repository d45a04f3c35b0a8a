import type { BalancePolicySpec } from '../../src/api/generated/balance-policy.ts';
import { validatePolicy } from '../../src/api/validation/validate-manifest.ts';

/** The spec of an automatic policy of the cluster `lab`, or another, with its defaults. */
export function policySpec(spec: object = {}): BalancePolicySpec {
  const metadata = { name: 'any' };
  const manifest = {
    apiVersion: 'pve-cslb.io/v1alpha1',
    kind: 'BalancePolicy',
    metadata,
    spec: { clusterRef: { name: 'lab' }, mode: 'Automatic', ...spec },
  };
  const validation = validatePolicy(manifest);
  if (validation.kind === 'Invalid') throw new Error(JSON.stringify(validation.problems));
  return validation.object.spec;
}
