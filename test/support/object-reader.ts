import {
  BALANCE_POLICIES,
  PVE_CLUSTERS,
  type StoredCluster,
  type StoredPolicy,
} from '../../src/controllers/resources.ts';
import type { ApiClient } from '../../src/kubernetes/api-client.ts';
import type { KubernetesObject } from '../../src/kubernetes/kubernetes-object.ts';
import type { ResourceKind } from '../../src/kubernetes/resource-kind.ts';
import { waitFor } from './wait-for.ts';

/** Our objects of one namespace, as the API server has them. */
export interface ObjectReader {
  policy(name: string): Promise<StoredPolicy>;
  /** Waits until the policy is like this. */
  policyWhen(name: string, what: string, holds: (policy: StoredPolicy) => boolean): Promise<StoredPolicy>;
  clusterWhen(name: string, what: string, holds: (cluster: StoredCluster) => boolean): Promise<StoredCluster>;
}

const never = new AbortController().signal;

/** @param explain what else to tell where an object does not become as it should */
export function createObjectReader(
  client: ApiClient,
  namespace: string,
  explain: () => string,
): ObjectReader {
  async function get<T extends KubernetesObject>(kind: ResourceKind, name: string): Promise<T> {
    const object = await client.get<T>(kind, namespace, name, never);
    if (object) return object;
    throw new Error(`There is no ${kind.kind} ${namespace}/${name}.`);
  }

  async function when<T extends KubernetesObject>(
    kind: ResourceKind,
    name: string,
    what: string,
    holds: (object: T) => boolean,
  ): Promise<T> {
    try {
      return await waitFor(`${kind.kind} ${name} ${what}`, () => get<T>(kind, name), holds);
    } catch (error) {
      throw new Error(`${String(error)}\n${explain()}`);
    }
  }

  return {
    policy: (name) => get<StoredPolicy>(BALANCE_POLICIES, name),
    policyWhen: (name, what, holds) => when<StoredPolicy>(BALANCE_POLICIES, name, what, holds),
    clusterWhen: (name, what, holds) => when<StoredCluster>(PVE_CLUSTERS, name, what, holds),
  };
}
