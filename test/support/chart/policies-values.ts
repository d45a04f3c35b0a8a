import { OPERATOR_TOKEN } from '../balance-scenario.ts';
import type { LabCluster } from '../lab-cluster.ts';

/** Values of the chart pve-cslb-policies for a simulated cluster and a policy that balances it, both of this name. */
export function policiesValues(name: string, { proxy }: LabCluster, spec: object = {}): object {
  return {
    clusters: {
      [name]: {
        credentials: { tokenId: OPERATOR_TOKEN.id, tokenSecret: OPERATOR_TOKEN.secret },
        ca: { certificate: proxy.caCertificate },
        spec: { endpoints: [proxy.url], probeInterval: '10s' },
      },
    },
    policies: {
      [name]: { spec: { clusterRef: { name }, mode: 'Automatic', interval: '10s', ...spec } },
    },
  };
}
