import { readFileSync } from 'node:fs';
import { OperatorError } from '../../lib/errors.ts';

/** Where Kubernetes tells a pod its namespace. */
const IN_CLUSTER_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/**
 * The namespace of the Lease. A kubeconfig's is not taken: operators that were started from different places must not
 * each find a Lease of their own.
 *
 * @throws OperatorError Usage
 */
export function leaseNamespace(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  readInCluster: () => string | undefined = inClusterNamespace,
): string {
  const namespace = given || env.POD_NAMESPACE || readInCluster();
  if (namespace) return namespace;
  throw new OperatorError(
    'Usage',
    'Leader election needs a namespace for its Lease: give --leader-election-namespace, or --leader-elect=false where this is the only operator.',
  );
}

function inClusterNamespace(): string | undefined {
  try {
    return readFileSync(IN_CLUSTER_FILE, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
