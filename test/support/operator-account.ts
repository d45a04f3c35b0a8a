import type { ControlPlane } from './control-plane.ts';

const NAME = 'operator';

/** The rights that the operator needs for the objects of one namespace, and no more. */
const RULES = [
  {
    apiGroups: ['pve-cslb.io'],
    resources: ['pveclusters', 'balancepolicies'],
    verbs: ['get', 'list', 'watch'],
  },
  {
    apiGroups: ['pve-cslb.io'],
    resources: ['pveclusters/status', 'balancepolicies/status'],
    verbs: ['patch'],
  },
  { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['get'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
];

/** Makes a ServiceAccount that may do what the operator does in this namespace; gives its kubeconfig's path. */
export async function createOperatorAccount(controlPlane: ControlPlane, namespace: string): Promise<string> {
  const metadata = { name: NAME, namespace };
  const rbac = 'rbac.authorization.k8s.io';
  const objects = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules: RULES },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: NAME },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace }],
    },
  ];
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  const result = await controlPlane.kubectl(['create', '--filename', '-'], JSON.stringify(list));
  if (result.code !== 0) throw new Error(`The operator's account was not created: ${result.stderr}`);
  return controlPlane.kubeconfigFor({ serviceAccount: { namespace, name: NAME } });
}
