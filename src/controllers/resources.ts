import type { BalancePolicy } from '../api/generated/balance-policy.ts';
import type { PveCluster } from '../api/generated/pve-cluster.ts';
import { API_VERSION, BALANCE_POLICY, PVE_CLUSTER } from '../api/resource.ts';
import type { KubernetesObject } from '../kubernetes/kubernetes-object.ts';
import type { ResourceKind } from '../kubernetes/resource-kind.ts';

/** What the controllers read and write on the API server. */

export const BALANCE_POLICIES: ResourceKind = { ...BALANCE_POLICY, apiVersion: API_VERSION };
export const PVE_CLUSTERS: ResourceKind = { ...PVE_CLUSTER, apiVersion: API_VERSION };
export const SECRETS: ResourceKind = { apiVersion: 'v1', plural: 'secrets', kind: 'Secret' };
export const CONFIG_MAPS: ResourceKind = { apiVersion: 'v1', plural: 'configmaps', kind: 'ConfigMap' };

/** The owner of every status field we write. Never change it: fields of another name would stay for ever. */
export const FIELD_MANAGER = 'pve-cslb-operator';

export type StoredPolicy = BalancePolicy & KubernetesObject;
export type StoredCluster = PveCluster & KubernetesObject;
