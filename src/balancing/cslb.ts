import type { Cluster, Guest } from './cluster.ts';
import { indexCluster } from './cluster-index.ts';
import { withoutStranded } from './cslb-candidates.ts';
import { chooseMoves, findReceivers, findRoomless, findSources, isAboveLimit } from './cslb-moves.ts';
import { describeExhaustion, describeMove } from './cslb-sentences.ts';
import { imbalanceOf, isBalanced } from './imbalance.ts';
import { sortGuests } from './movable-guests.ts';
import { assessNodes } from './node-assessment.ts';
import { weightShares } from './node-weight.ts';
import { findParticipants, type Participant } from './participant.ts';
import type { BalanceSettings, Plan } from './plan.ts';
import { predictImbalance } from './prediction.ts';
import { whatIsUndecided } from './sufficiency.ts';
import { targetBlock } from './target-block.ts';

/**
 * Plans one run of CSLB. The same cluster and settings give the same plan, in whatever order their lists are.
 * Deliberate differences from pve-cslb are in docs/differences-from-pve-cslb.md.
 */
export function planCslb(cluster: Cluster, settings: BalanceSettings): Plan {
  const shares = weightShares(settings.weights);
  const index = indexCluster(cluster);
  const sorted = sortGuests(cluster, index, settings);
  const all = findParticipants(cluster, settings, sorted.movable);
  const imbalance = imbalanceOf(
    all.map(({ weight }) => weight),
    settings.tolerance,
  );
  const undecided = whatIsUndecided(cluster, settings.exclusions);
  const balanced = undecided === undefined ? isBalanced(imbalance) : undefined;
  const acting = balanced === false;
  const receivers = acting
    ? findReceivers(all, imbalance, settings.exclusions)
    : { lighter: [], targets: [] };
  const { targets } = receivers;
  const isHeavy = (node: Participant) => isAboveLimit(node, imbalance, all.length);
  const candidates = withoutStranded(all, isHeavy, receivers, index, settings);
  const { participants } = candidates;
  const sources = acting ? findSources(participants, imbalance) : [];
  const blockOf = (guest: Guest, { node }: Participant) => targetBlock(guest, node, index, settings);
  const mayGo = (guest: Guest, target: Participant) => blockOf(guest, target) === undefined;
  const moves = chooseMoves(sources, targets, shares, settings.maxMigrations, mayGo);
  const roomless = findRoomless(sources, targets, shares, blockOf);
  const skipped = [...sorted.skipped, ...candidates.skipped, ...roomless].sort(
    (left, right) => left.vmid - right.vmid,
  );
  return {
    strategy: 'Cslb',
    balanced,
    imbalance,
    nodes: assessNodes(cluster, settings.exclusions, participants, { sources, targets }),
    migrations: moves.map((move) => ({
      vmid: move.guest.vmid,
      type: move.guest.type,
      name: move.guest.name,
      source: move.source.node.name,
      target: move.target.node.name,
      memoryBytes: move.guest.memoryBytes,
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
  };
}
