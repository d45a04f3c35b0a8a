import type { BalancePolicySpec } from '../../src/api/generated/balance-policy.ts';
import type { Condition } from '../../src/api/generated/condition.ts';
import { API_VERSION } from '../../src/api/resource.ts';
import type { ApiToken } from './balance-scenario.ts';

/** The objects that a user creates for the operator, as they write them. */

export interface ObjectName {
  readonly name: string;
  readonly namespace: string;
}

export const CREDENTIALS_TYPE = 'pve-cslb.io/credentials';

export function credentials(metadata: ObjectName, token: ApiToken, type = CREDENTIALS_TYPE) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type,
    stringData: { tokenId: token.id, tokenSecret: token.secret },
  };
}

export function authority(metadata: ObjectName, pem: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': pem } };
}

/** Names its Secret `<name>-pve` and its ConfigMap `<name>-ca`; probes as often as it may. */
export function pveCluster(metadata: ObjectName, endpoint: string, spec: object = {}) {
  return {
    apiVersion: API_VERSION,
    kind: 'PveCluster',
    metadata,
    spec: {
      endpoints: [endpoint],
      credentialsSecretRef: { name: `${metadata.name}-pve` },
      tls: { caRef: { kind: 'ConfigMap', name: `${metadata.name}-ca` } },
      probeInterval: '10s',
      ...spec,
    },
  };
}

type Given<T> = { readonly [K in keyof T]?: T[K] extends object ? Given<T[K]> : T[K] };

/** What a test says of a policy; the rest is the CRD's defaults. */
export type PolicySpec = Given<Omit<BalancePolicySpec, 'clusterRef'>> & { readonly cluster?: string };

/** For the PveCluster of its own name, Automatic, evaluated every 10 s where the test does not say otherwise. */
export function balancePolicy(metadata: ObjectName, { cluster, ...spec }: PolicySpec = {}) {
  return {
    apiVersion: API_VERSION,
    kind: 'BalancePolicy',
    metadata,
    spec: { clusterRef: { name: cluster ?? metadata.name }, mode: 'Automatic', interval: '10s', ...spec },
  };
}

interface WithConditions {
  readonly metadata: { readonly generation?: number };
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] };
}

export function conditionOf(object: WithConditions, type: string): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

/** `True Succeeded`; empty where there is no such condition. */
export function stateOf(object: WithConditions, type: string): string {
  const condition = conditionOf(object, type);
  return condition ? `${condition.status} ${condition.reason}` : '';
}

/** Whether the status describes the spec as it is now, conditions included. */
export function isObserved(object: WithConditions): boolean {
  const { generation } = object.metadata;
  const { observedGeneration, conditions = [] } = object.status ?? {};
  return (
    observedGeneration === generation &&
    conditions.every((condition) => condition.observedGeneration === generation)
  );
}
