import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { ControlPlane } from './control-plane.ts';

const NAME = 'operator';
const DEMO = fileURLToPath(new URL('../../scripts/demo/manifests/rbac.yaml', import.meta.url));

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** The rights that the demo gives the operator for one namespace, with Secrets and ConfigMaps of any name. */
function rules(): readonly Rule[] {
  const documents = parseAllDocuments(readFileSync(DEMO, 'utf8')).map((document) => document.toJS());
  const role: { readonly rules: readonly Rule[] } | undefined = documents.find(({ kind }) => kind === 'Role');
  if (!role) throw new Error(`${DEMO} has no Role.`);
  return role.rules.map(({ resourceNames: _, ...rule }) => rule);
}

/** Makes a ServiceAccount that may do what the operator does in this namespace; gives its kubeconfig's path. */
export async function createOperatorAccount(controlPlane: ControlPlane, namespace: string): Promise<string> {
  const metadata = { name: NAME, namespace };
  const rbac = 'rbac.authorization.k8s.io';
  const objects = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules: rules() },
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
