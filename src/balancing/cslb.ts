import type { Cluster, Guest } from './cluster.ts';
import { type ClusterIndex, indexCluster } from './cluster-index.ts';
import { withoutStranded } from './cslb-candidates.ts';
import {
  type CslbMove,
  chooseMoves,
  findReceivers,
  findRoomless,
  findSources,
  isAboveLimit,
} from './cslb-moves.ts';
import { describeExhaustion, describeMove } from './cslb-sentences.ts';
import { imbalanceOf, isBalanced, type WeightImbalance } from './imbalance.ts';
import { sortGuests } from './movable-guests.ts';
import { assessNodes, type NodePart } from './node-assessment.ts';
import { weightShares } from './node-weight.ts';
import { findParticipants, type Participant } from './participant.ts';
import { findPlacementProblems } from './placement-problems.ts';
import type { BalanceSettings, NodeRole, Plan } from './plan.ts';
import { predictImbalance } from './prediction.ts';
import { whatIsUndecided } from './sufficiency.ts';
import { targetBlock } from './target-block.ts';

export interface CslbPlan extends Plan {
  readonly strategy: 'Cslb';
  readonly imbalance: WeightImbalance;
  readonly predicted: WeightImbalance;
}

/**
 * Plans one run of CSLB. The same cluster and settings give the same plan, in whatever order their lists are.
 * Deliberate differences from pve-cslb are in docs/differences-from-pve-cslb.md.
 */
export function planCslb(cluster: Cluster, settings: BalanceSettings): CslbPlan {
  const shares = weightShares(settings.weights);
  const index = indexCluster(cluster, settings.placement);
  const sorted = sortGuests(cluster, index, settings);
  const all = findParticipants(cluster, settings, sorted.movable);
  const imbalance = imbalanceOf(
    all.map(({ weight }) => weight),
    settings.tolerance,
  );
  const undecided = whatIsUndecided(cluster, settings.exclusions);
  const balanced = undecided === undefined ? isBalanced(imbalance) : undefined;
  const acting = balanced === false;
  const receivers = acting ? findReceivers(all, imbalance, settings) : { lighter: [], targets: [] };
  const { targets } = receivers;
  const isHeavy = (node: Participant) => isAboveLimit(node, imbalance, all.length);
  const candidates = withoutStranded(all, isHeavy, receivers, index, settings);
  const { participants } = candidates;
  const sources = acting ? findSources(participants, imbalance) : [];
  const blockOf = (guest: Guest, { node }: Participant) => targetBlock(guest, node, index, settings);
  const mayGo = (guest: Guest, { node }: Participant, after: readonly CslbMove[]) =>
    targetBlock(guest, node, indexAfter(after, cluster, index, settings), settings) === undefined;
  const moves = chooseMoves(sources, targets, shares, settings.maxMigrations, mayGo);
  const roomless = findRoomless(sources, targets, shares, blockOf);
  const skipped = [...sorted.skipped, ...candidates.skipped, ...roomless].sort(
    (left, right) => left.vmid - right.vmid,
  );
  return {
    strategy: 'Cslb',
    balanced,
    imbalance,
    nodes: assessNodes(cluster, settings.exclusions, partsOf(participants, sources, targets)),
    migrations: moves.map((move) => ({
      vmid: move.guest.vmid,
      type: move.guest.type,
      name: move.guest.name,
      source: move.source.node.name,
      target: move.target.node.name,
      memoryBytes: move.guest.memoryBytes,
      companions: [],
      reason: describeMove(move, imbalance),
    })),
    predicted:
      moves.length === 0 ? imbalance : predictImbalance(participants, moves, shares, settings.tolerance),
    skipped,
    exhausted:
      acting && moves.length === 0
        ? describeExhaustion(participants, sources, targets, imbalance, skipped)
        : undefined,
    undecided,
    problems: findPlacementProblems(cluster, index, settings),
    unmet: { before: 0, after: 0 },
  };
}

/**
 * Each move goes from another node to another one. So the only rule of which two of them may break what neither breaks alone is
 * one that wants guests together.
 */
function indexAfter(
  moves: readonly CslbMove[],
  cluster: Cluster,
  index: ClusterIndex,
  { placement }: BalanceSettings,
): ClusterIndex {
  const bound = moves.some(({ guest }) =>
    index.requiredRulesOf(guest.vmid).some(({ type }) => type === 'Affinity'),
  );
  if (!bound) return index;
  const places = new Map(moves.map(({ guest, target }) => [guest.vmid, target.node.name]));
  const moved = <T extends { readonly vmid: number; readonly node: string }>(each: T): T => ({
    ...each,
    node: places.get(each.vmid) ?? each.node,
  });
  const ha = { ...cluster.ha, services: cluster.ha.services.map(moved) };
  return indexCluster({ ...cluster, ha, guests: cluster.guests.map(moved) }, placement);
}

function partsOf(
  participants: readonly Participant[],
  sources: readonly Participant[],
  targets: readonly Participant[],
): ReadonlyMap<string, NodePart> {
  const roleOf = (participant: Participant): NodeRole => {
    if (participant.overloaded) return 'Overloaded';
    if (sources.includes(participant)) return 'Source';
    return targets.includes(participant) ? 'Target' : 'Neutral';
  };
  return new Map(participants.map((each) => [each.node.name, { role: roleOf(each), weight: each.weight }]));
}
