import type { Cluster, OnlineNode } from '../cluster.ts';
import { indexCluster } from '../cluster-index.ts';
import { describeSlightGain, isSlightGain } from '../minimum-gain.ts';
import { sortGuests } from '../movable-guests.ts';
import { assessNodes, type NodePart } from '../node-assessment.ts';
import { findPlacementProblems } from '../placement-problems.ts';
import type { BalanceSettings, Imbalance, NodeRole, Plan, PlannedMigration } from '../plan.ts';
import { whatIsUndecided } from '../sufficiency.ts';
import { type Assignment, currentAssignment } from './assignment.ts';
import { describeExhaustion } from './exhaustion.ts';
import { formUnits } from './form-units.ts';
import { explainLeftovers } from './leftovers.ts';
import { worthOf } from './objective.ts';
import type { Step } from './order.ts';
import { searchPlacement } from './placement-search.ts';
import { type Problem, posePlacement } from './problem.ts';
import { createSearch } from './search.ts';
import { isWithin, spreadImbalance } from './spread.ts';
import { describeSteps } from './step-sentences.ts';
import { memoryDemandBytes } from './unit.ts';

/**
 * Plans how all resources that count come within the tolerance at the least cost, rules and drained nodes first. The same
 * cluster and settings give the same plan, in whatever order their lists are, as long as `shouldStop` does not cut it short.
 *
 * @param shouldStop Asked now and then; from then on the best plan found so far is made.
 */
export function planOptimize(
  cluster: Cluster,
  settings: BalanceSettings,
  shouldStop: () => boolean = () => false,
): Plan {
  const index = indexCluster(cluster, settings.placement);
  const sorted = sortGuests(cluster, index, settings);
  const units = formUnits([...sorted.movable.values()].flat(), index);
  const problem = posePlacement(cluster, units, index, settings);
  const now = stateOf(currentAssignment(problem), settings);
  const undecided = whatIsUndecided(cluster, settings.exclusions);
  const search = createSearch(shouldStop);
  const found =
    undecided === undefined ? searchPlacement(problem, search, settings.maxMigrations) : undefined;
  const whole = found && stateOf(found.whole, settings);
  const slight = whole !== undefined && isSlight(now, whole, settings);
  const steps = slight ? [] : (found?.order?.steps ?? []);
  const after = steps.length === 0 ? now : stateOf(found?.order?.reached ?? now.assignment, settings);
  // What only waits for the next run is left nowhere.
  const goal = slight ? now : (whole ?? now);
  const leftovers =
    undecided !== undefined || isContent(goal) ? [] : explainLeftovers(cluster, goal.assignment, settings);
  const skipped = [...sorted.skipped, ...leftovers].sort((left, right) => left.vmid - right.vmid);
  const plan = {
    strategy: 'Optimize',
    imbalance: now.imbalance,
    nodes: assessNodes(cluster, settings.exclusions, partsOf(problem, steps)),
    migrations: migrationsOf(problem, steps),
    predicted: after.imbalance,
    skipped,
    undecided,
    problems: findPlacementProblems(cluster, index, settings),
    unmet: { before: now.unmet, after: after.unmet },
  } as const;
  if (undecided !== undefined) return { ...plan, balanced: undefined, exhausted: undefined };
  if (steps.length > 0) return { ...plan, balanced: false, exhausted: undefined };
  if (isContent(now)) return { ...plan, balanced: true, exhausted: undefined };
  const exhausted =
    slight && whole
      ? describeSlightGain(now.imbalance, whole.imbalance, settings.minimumGain)
      : describeExhaustion(now.imbalance, now.unmet, skipped, found && { needed: found.length, ...settings });
  return { ...plan, balanced: false, exhausted };
}

/** What there is to say of a placement. */
interface PlacementState {
  readonly assignment: Assignment;
  readonly imbalance: Imbalance;
  readonly unmet: number;
  /** Guests that are not where preferred rules want them. */
  readonly unfulfilled: number;
}

function stateOf(assignment: Assignment, { tolerance }: BalanceSettings): PlacementState {
  const { unmet, unfulfilled } = worthOf(assignment);
  return { assignment, imbalance: spreadImbalance(assignment, tolerance), unmet, unfulfilled };
}

function isContent({ imbalance, unmet }: PlacementState): boolean {
  return isWithin(imbalance) && unmet === 0;
}

/** Whether balance alone is gained, and too little of it. What a rule or a drain needs is worth it always. */
function isSlight(now: PlacementState, whole: PlacementState, { minimumGain }: BalanceSettings): boolean {
  const restored =
    whole.unmet < now.unmet || (whole.unmet === now.unmet && whole.unfulfilled < now.unfulfilled);
  return !restored && isSlightGain(now.imbalance, whole.imbalance, minimumGain);
}

function migrationsOf(problem: Problem, steps: readonly Step[]): readonly PlannedMigration[] {
  const reasons = describeSteps(problem, steps);
  return steps.flatMap(({ unit, source, target }, position) => {
    const [moved, from, to] = [problem.units[unit], problem.nodes[source], problem.nodes[target]];
    if (moved === undefined || from === undefined || to === undefined) return [];
    const { guest, companions } = moved;
    return [
      {
        vmid: guest.vmid,
        type: guest.type,
        name: guest.name,
        source: from.name,
        target: to.name,
        memoryBytes: memoryDemandBytes(guest),
        companions: companions.map((each) => ({
          vmid: each.vmid,
          type: each.type,
          name: each.name,
          memoryBytes: memoryDemandBytes(each),
        })),
        reason: reasons[position] ?? '',
      },
    ];
  });
}

function partsOf({ nodes }: Problem, steps: readonly Step[]): ReadonlyMap<string, NodePart> {
  const sources = new Set(steps.map(({ source }) => source));
  const targets = new Set(steps.map(({ target }) => target));
  const roleOf = (node: OnlineNode, position: number): NodeRole => {
    if (isOverloaded(node)) return 'Overloaded';
    if (sources.has(position)) return 'Source';
    return targets.has(position) ? 'Target' : 'Neutral';
  };
  return new Map(
    nodes.map((node, position) => [node.name, { role: roleOf(node, position), weight: undefined }]),
  );
}

function isOverloaded({ figures }: OnlineNode): boolean {
  return figures.memoryUsedBytes >= figures.memoryTotalBytes || figures.cpuUsedShare >= 1;
}
