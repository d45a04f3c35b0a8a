/** The begin of a BalancePolicy in YAML, for a spec to follow. */
export const POLICY_HEAD = 'apiVersion: pve-cslb.io/v1alpha1\nkind: BalancePolicy\nmetadata: {name: lab}\n';

export function policyManifest(spec: object, metadata: object = {}): string {
  return manifest('BalancePolicy', { clusterRef: { name: 'lab' }, mode: 'Automatic', ...spec }, metadata);
}

export function clusterManifest(spec: object, metadata: object = {}): string {
  const required = { endpoints: ['https://pve1.example:8006'], credentialsSecretRef: { name: 'lab-pve' } };
  return manifest('PveCluster', { ...required, ...spec }, metadata);
}

function manifest(kind: string, spec: object, metadata: object): string {
  return JSON.stringify({
    apiVersion: 'pve-cslb.io/v1alpha1',
    kind,
    metadata: { name: 'lab', ...metadata },
    spec,
  });
}
