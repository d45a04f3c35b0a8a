import { renderChart } from './chart/render-chart.ts';
import type { ControlPlane } from './control-plane.ts';

const NAME = 'operator';
const ACCOUNT_KINDS: readonly string[] = ['ServiceAccount', 'Role', 'RoleBinding'];

/**
 * Makes the ServiceAccount with the rights that the chart gives the operator for this namespace alone; gives its kubeconfig's
 * path.
 */
export async function createOperatorAccount(controlPlane: ControlPlane, namespace: string): Promise<string> {
  const objects = await renderChart({
    chart: 'pve-cslb-operator',
    namespace,
    values: {
      fullnameOverride: NAME,
      watchNamespaces: [namespace],
      // The operator's own default, which runs without the chart have.
      leaderElection: { leaseName: 'pve-cslb-operator' },
    },
  });
  const items = objects.filter(({ kind }) => ACCOUNT_KINDS.includes(kind));
  const list = { apiVersion: 'v1', kind: 'List', items };
  const result = await controlPlane.kubectl(['create', '--filename', '-'], JSON.stringify(list));
  if (result.code !== 0) throw new Error(`The operator's account was not created: ${result.stderr}`);
  return controlPlane.kubeconfigFor({ serviceAccount: { namespace, name: NAME } });
}
