import type { BalancePolicySpec, HistoryEntry } from '../../../src/api/generated/balance-policy.ts';
import { API_VERSION } from '../../../src/api/resource.ts';
import type { StoredPolicy } from '../../../src/controllers/resources.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { OPERATOR_TOKEN } from '../balance-scenario.ts';
import type { FakeApiClient } from '../fake-api-client.ts';
import { authority, CREDENTIALS_TYPE } from '../lab-objects.ts';
import { policySpec } from '../policy-spec.ts';
import { SOAK_EXCLUSIONS, SOAK_RULES, type SoakStrategy } from './soak-cluster.ts';

export const NAMESPACE = 'lab';
export const COOLDOWN_MS = 3_600_000;

/**
 * `soak` balances; `rival` wants to do so, too, while it is not suspended, by rules of its own; `watcher` is a dry run.
 */
export const POLICIES = {
  soak: {
    interval: '10m',
    exclusions: SOAK_EXCLUSIONS,
    migration: { containers: 'Restart' },
    stabilization: { guestCooldown: '1h' },
    historyLimit: 200,
  },
  rival: {
    suspend: true,
    interval: '7m',
    tolerance: '10%',
    exclusions: { ...SOAK_EXCLUSIONS, types: ['lxc'] },
    stabilization: { guestCooldown: '1h' },
    historyLimit: 200,
  },
  watcher: { mode: 'DryRun', interval: '3h', exclusions: SOAK_EXCLUSIONS },
} as const;

/** What else `soak` asks for where it plans with Optimize. */
function optimizingPolicy(random: () => number) {
  const pick = <T>(...list: readonly T[]) => list[Math.floor(random() * list.length)];
  return {
    strategy: 'Optimize',
    tolerance: pick('10%', '15%', '20%'),
    weights: pick({ cpu: 50, memory: 50 }, { cpu: 30, memory: 70 }, { cpu: 0, memory: 1 }),
    maxMigrations: pick(3, 5, 20),
    migration: {
      containers: 'Restart',
      concurrency: pick({ total: 2, perNode: 1 }, { total: 4, perNode: 2 }),
    },
    stabilization: { guestCooldown: '1h', minimumGain: pick('0%', '3%') },
    placement: { rules: SOAK_RULES, reserve: { memory: pick('0%', '10%') } },
  };
}

export type PolicyName = keyof typeof POLICIES;
export const POLICY_NAMES = Object.keys(POLICIES) as readonly PolicyName[];

/** What the soak has stored at the API server. */
export interface SoakObjects {
  policy(name: PolicyName): StoredPolicy;
  /** As its user would change it. */
  suspend(name: PolicyName, suspended: boolean): void;
  drain(name: PolicyName, nodes: readonly string[]): void;
  wipeStatus(name: PolicyName): void;
  /** Every entry that was ever in a history, by its id; complete when asked often enough. */
  history(): ReadonlyMap<string, HistoryEntry>;
}

export function createSoakObjects(
  api: FakeApiClient,
  simulator: Simulator,
  creationTimestamp: string,
  { strategy, random }: { readonly strategy: SoakStrategy; readonly random: () => number },
): SoakObjects {
  const history = new Map<string, HistoryEntry>();
  putConnection(api, simulator, creationTimestamp);
  for (const name of POLICY_NAMES) {
    const metadata = { name, namespace: NAMESPACE, generation: 1, creationTimestamp };
    const more = name === 'soak' && strategy === 'Optimize' ? optimizingPolicy(random) : {};
    const spec = policySpec({ ...POLICIES[name], ...more, clusterRef: { name: 'soak' } });
    api.put({ apiVersion: API_VERSION, kind: 'BalancePolicy', metadata, spec });
  }

  function policy(name: PolicyName): StoredPolicy {
    const found = api.read<StoredPolicy>('BalancePolicy', `${NAMESPACE}/${name}`);
    if (!found) throw new Error(`the policy '${name}' is gone`);
    return found;
  }

  function change(name: PolicyName, changes: Partial<BalancePolicySpec>): void {
    const { metadata, spec, ...rest } = policy(name);
    const generation = (metadata.generation ?? 0) + 1;
    api.put({ ...rest, metadata: { ...metadata, generation }, spec: { ...spec, ...changes } });
  }

  return {
    policy,
    suspend: (name, suspended) => change(name, { suspend: suspended }),
    drain(name, nodes) {
      change(name, { placement: { ...policy(name).spec.placement, drainNodes: nodes } });
    },
    wipeStatus(name) {
      const { status: _, ...rest } = policy(name);
      api.put(rest);
    },
    history() {
      for (const name of POLICY_NAMES) {
        for (const entry of policy(name).status?.history ?? []) history.set(entry.id, entry);
      }
      return history;
    },
  };
}

function putConnection(api: FakeApiClient, simulator: Simulator, creationTimestamp: string): void {
  const named = { name: 'soak', namespace: NAMESPACE };
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  const data = { tokenId: encoded(OPERATOR_TOKEN.id), tokenSecret: encoded(OPERATOR_TOKEN.secret) };
  api.put({ apiVersion: 'v1', kind: 'Secret', metadata: named, type: CREDENTIALS_TYPE, data });
  api.put(authority(named, simulator.caCertificate));
  const spec = {
    endpoints: [simulator.url],
    credentialsSecretRef: { name: 'soak' },
    tls: { caRef: { kind: 'ConfigMap', name: 'soak', key: 'ca.crt' } },
    requestTimeout: '35s',
    probeInterval: '5m',
  };
  const metadata = { ...named, generation: 1, creationTimestamp };
  api.put({ apiVersion: API_VERSION, kind: 'PveCluster', metadata, spec });
}
