import type { Scenario } from '../scenario/scenario.ts';
import type { HaGroup, HaRule } from '../scenario/specifications.ts';
import type { Cluster } from '../world/cluster.ts';
import { agentRound } from './agent.ts';
import { managerRound } from './manager.ts';

/** HA of a cluster: one manager (CRM) that decides and an agent (LRM) on every node that acts. */
export interface Ha {
  /** Groups hold until the last node has a release with rules. */
  readonly placement: 'groups' | 'rules';
  readonly groups: readonly HaGroup[];
  readonly rules: readonly HaRule[];
  /** The node whose manager decides; undefined until one does. */
  master: string | undefined;
  disarmed: 'freeze' | 'ignore' | undefined;
  /** Rounds in a row that the nodes' loads were too far apart. */
  unbalancedRounds: number;
}

const MANAGER_ROUND_MS = 10_000;
const AGENT_ROUND_MS = 5_000;

export function createHa(scenario: Scenario): Ha {
  const migrated = scenario.nodes.every((node) => node.profile.features.has('haRules'));
  return {
    placement: migrated ? 'rules' : 'groups',
    groups: scenario.haGroups,
    rules: scenario.haRules,
    master: scenario.nodes[0]?.name,
    disarmed: undefined,
    unbalancedRounds: 0,
  };
}

export function startHa(cluster: Cluster): void {
  repeat(cluster, MANAGER_ROUND_MS, () => managerRound(cluster));
  repeat(cluster, AGENT_ROUND_MS, () => {
    for (const node of cluster.nodes.values()) agentRound(cluster, node);
  });
}

function repeat(cluster: Cluster, periodMs: number, round: () => void): void {
  const next = () => {
    round();
    cluster.timeline.after(periodMs, next);
  };
  cluster.timeline.after(periodMs, next);
}
