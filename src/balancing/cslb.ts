import type { Cluster } from './cluster.ts';
import { chooseMoves, findSources, findTargets } from './cslb-moves.ts';
import { describeExhaustion, describeMove } from './cslb-sentences.ts';
import { imbalanceOf, isBalanced } from './imbalance.ts';
import { sortGuests } from './movable-guests.ts';
import { assessNodes } from './node-assessment.ts';
import { weightShares } from './node-weight.ts';
import { findParticipants } from './participant.ts';
import type { BalanceSettings, Plan } from './plan.ts';
import { predictImbalance } from './prediction.ts';
import { whatIsUndecided } from './sufficiency.ts';

/**
 * Plans one run of CSLB. The same cluster and settings give the same plan, in whatever order their lists are.
 * Deliberate differences from pve-cslb are in docs/differences-from-pve-cslb.md.
 */
export function planCslb(cluster: Cluster, settings: BalanceSettings): Plan {
  const shares = weightShares(settings.weights);
  const { movable, skipped } = sortGuests(cluster, settings);
  const participants = findParticipants(cluster, settings, movable);
  const imbalance = imbalanceOf(
    participants.map(({ weight }) => weight),
    settings.tolerance,
  );
  const undecided = whatIsUndecided(cluster, settings.exclusions);
  const balanced = undecided === undefined ? isBalanced(imbalance) : undefined;
  const acting = balanced === false;
  const sources = acting ? findSources(participants, imbalance) : [];
  const targets = acting ? findTargets(participants, imbalance) : [];
  const moves = chooseMoves(sources, targets, shares, settings.maxMigrations);
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
        ? describeExhaustion(participants, sources, targets, imbalance)
        : undefined,
    undecided,
  };
}
