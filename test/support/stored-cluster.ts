import type { StoredCluster } from '../../src/controllers/resources.ts';

/** A PveCluster `default/lab` as the API server has it, defaults filled in. */
export function storedCluster(spec: Partial<StoredCluster['spec']> = {}): StoredCluster {
  return {
    apiVersion: 'pve-cslb.io/v1alpha1',
    kind: 'PveCluster',
    metadata: { name: 'lab', namespace: 'default', uid: 'uid-lab', resourceVersion: '1', generation: 1 },
    spec: {
      endpoints: ['https://pve1.example:8006'],
      credentialsSecretRef: { name: 'lab-pve' },
      requestTimeout: '35s',
      probeInterval: '60s',
      ...spec,
    },
  };
}

/** A Secret in `default` that has opted in. */
export function credentialsSecret(name: string, content: Readonly<Record<string, string>>) {
  const data = Object.fromEntries(
    Object.entries(content).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    type: 'pve-cslb.io/credentials',
    data,
  };
}
