import type { Guest, OnlineNode } from '../../../src/balancing/cluster.ts';
import { matchesAnyGlob } from '../../../src/lib/glob.ts';
import type { PlannerCase } from '../case.ts';
import {
  busyCpusTaken,
  cpusOf,
  createAdditiveCluster,
  isOnline,
  memoryTaken,
} from '../judge/additive-cluster.ts';
import { whyItMustNotEnter } from '../judge/may-enter.ts';
import { whyItMustStay } from '../judge/may-leave.ts';
import { type JudgedRule, requiredRules, violationsOf } from '../judge/placement-rules.ts';
import { localBytesOf, MOVE_COST_BYTES, type Step } from '../judge/verdict.ts';
import { createProblem, type Problem } from './problem.ts';

/** The problem of a case, and which of its variables says that a guest ends on a node. */
export interface LeastCostProblem {
  readonly problem: Problem;
  readonly choices: readonly Choice[];
  /** The variables that are 1 where a plan ends; the plan may move guests more than once. */
  variablesOf(steps: readonly Step[]): readonly number[];
}

type Term = [variable: number, factor: number];

export interface Choice extends Step {
  readonly variable: number;
}

const GIB = 2 ** 30;

/**
 * Where the guests should be for the least cost, as a mixed-integer program: the spreads within the tolerance, the required
 * rules satisfied, drained nodes empty, no node that received guests too full. The way there is not part of it (order, room on
 * the way, guests moved twice), so that no plan that reaches this costs less; costs are in GiB.
 */
export function leastCostProblem({ cluster, settings }: PlannerCase): LeastCostProblem {
  const problem = createProblem();
  const state = createAdditiveCluster(cluster);
  const rules = requiredRules(cluster, settings);
  const places = (vmid: number) => [state.nodeOf(vmid) ?? ''];
  const unbroken = rules.filter((rule) => rule.kind === 'Together' && violationsOf(rule, places) === 0);
  const fixed = new Set(unbroken.flatMap(({ vmids }) => (vmids.length > 1 ? vmids : [])));
  const moment = { cluster, settings, rules: rules.filter(({ kind }) => kind === 'On'), places };
  const online = cluster.nodes.filter(isOnline);
  const isDrained = ({ name }: OnlineNode) => matchesAnyGlob(settings.placement.drainNodes, name);
  const counted = online.filter(
    (node) => !isDrained(node) && !matchesAnyGlob(settings.exclusions.nodes, node.name),
  );
  const localBytes = localBytesOf(cluster);
  const choices: Choice[] = [];
  const departures: { readonly guest: Guest; readonly variable: number }[] = [];

  const movable = cluster.guests.filter(
    (guest) => !fixed.has(guest.vmid) && whyItMustStay(guest, guest.node, cluster, settings) === undefined,
  );
  for (const guest of movable) {
    const cost = (memoryTaken(guest) + localBytes(guest) + MOVE_COST_BYTES) / GIB;
    const own = counted
      .filter(({ name }) => whyItMustNotEnter(guest, guest.node, name, moment) === undefined)
      .map(({ name }) => ({
        vmid: guest.vmid,
        source: guest.node,
        target: name,
        variable: problem.addBinary(0),
      }));
    choices.push(...own);
    const mustLeave = matchesAnyGlob(settings.placement.drainNodes, guest.node) || isMisplaced(guest, rules);
    if (own.length > 0) {
      const leaves = problem.addBinary(cost);
      if (mustLeave) problem.addRow([[leaves, 1]], 1, 1);
      problem.addRow([...own.map(({ variable }): Term => [variable, 1]), [leaves, -1]], 0, 0);
      departures.push({ guest, variable: leaves });
    }
  }
  addSpreads();
  addRoom();
  for (const rule of rules) addRule(rule);
  return { problem: problem.data(), choices, variablesOf };

  function variablesOf(steps: readonly Step[]): readonly number[] {
    const ends = new Map(steps.map(({ vmid, target }) => [vmid, target]));
    const chosen = choices.filter(({ vmid, target }) => ends.get(vmid) === target);
    const moved = new Set(chosen.map(({ vmid }) => vmid));
    const left = departures.filter(({ guest }) => moved.has(guest.vmid));
    return [...chosen, ...left].map(({ variable }) => variable);
  }

  /** Of a load: what is on the node without any move, and how the choices change it. */
  function loadTerms(node: OnlineNode, taken: (guest: Guest) => number, scale: number) {
    return choices.flatMap(({ vmid, source, target, variable }): Term[] => {
      const guest = state.guest(vmid);
      const amount = guest === undefined ? 0 : taken(guest) / scale;
      if (amount === 0) return [];
      if (target === node.name) return [[variable, amount]];
      return source === node.name ? [[variable, -amount]] : [];
    });
  }

  function addSpreads(): void {
    if (counted.length < 2) return;
    if (settings.weights.memory > 0) {
      addSpread(
        memoryTaken,
        (node) => node.figures.memoryTotalBytes,
        (node) => state.load(node.name).memoryBytes,
      );
    }
    if (settings.weights.cpu > 0) {
      addSpread(busyCpusTaken, cpusOf, (node) => state.load(node.name).busyCpus);
    }
  }

  /**
   * All shares between a lowest one and the tolerance above it. The other rows follow from that, as the mean of the shares is
   * known; the solver proves more with them.
   */
  function addSpread(
    taken: (guest: Guest) => number,
    capacityOf: (node: OnlineNode) => number,
    usedOf: (node: OnlineNode) => number,
  ): void {
    const { tolerance } = settings;
    const arriving = departures.filter(({ guest }) => counted.every(({ name }) => name !== guest.node));
    const used = sumOf(counted, usedOf) + sumOf(arriving, ({ guest }) => taken(guest));
    const mean = used / sumOf(counted, capacityOf);
    const lowest = problem.addContinuous(Math.max(0, mean - tolerance), mean);
    for (const node of counted) {
      const capacity = capacityOf(node);
      const share = usedOf(node) / capacity;
      const terms = loadTerms(node, taken, capacity);
      problem.addRow([...terms, [lowest, -1]], -share, tolerance - share);
      problem.addRow(terms, mean - tolerance - share, mean + tolerance - share);
      const leaving = departures
        .filter(({ guest }) => guest.node === node.name)
        .map(({ guest, variable }): Term => [variable, taken(guest) / capacity]);
      const entering = terms.filter(([, factor]) => factor > 0);
      if (share > mean + tolerance)
        problem.addRow(leaving, share - mean - tolerance, Number.POSITIVE_INFINITY);
      if (share < mean - tolerance)
        problem.addRow(entering, mean - tolerance - share, Number.POSITIVE_INFINITY);
    }
  }

  function addRoom(): void {
    for (const node of counted) {
      const { memoryTotalBytes } = node.figures;
      const used = state.load(node.name).memoryBytes;
      const incoming = cluster.incoming
        .filter((each) => each.node === node.name)
        .reduce((sum, { bytes }) => sum + bytes, 0);
      const limit = memoryTotalBytes * (1 - settings.placement.memoryReserveShare) - incoming;
      // A node that is too full from the start may stay so, as long as it receives nothing.
      const most = Math.max(limit, used) - used;
      problem.addRow(loadTerms(node, memoryTaken, GIB), Number.NEGATIVE_INFINITY, most / GIB);
    }
  }

  /** Whether the guest ends on the node: 1 or 0 now, and what the choices add to that. */
  function presence(vmid: number, node: string): { readonly now: number; readonly terms: Term[] } {
    const at = state.nodeOf(vmid);
    const terms = choices
      .filter((choice) => choice.vmid === vmid && (choice.target === node || at === node))
      .map(({ variable }): Term => [variable, at === node ? -1 : 1]);
    return { now: at === node ? 1 : 0, terms };
  }

  function addRule({ kind, vmids }: JudgedRule): void {
    if (kind === 'On') return;
    const together = kind === 'Together' ? counted.map(() => problem.addBinary(0)) : [];
    if (kind === 'Together' && vmids.length > 1) {
      problem.addRow(
        together.map((variable) => [variable, 1]),
        1,
        1,
      );
    }
    for (const [index, node] of counted.entries()) {
      const present = vmids.map((vmid) => presence(vmid, node.name));
      if (kind === 'Apart') {
        const now = present.reduce((sum, each) => sum + each.now, 0);
        const terms = present.flatMap((each) => each.terms);
        if (terms.length > 0) problem.addRow(terms, Number.NEGATIVE_INFINITY, 1 - now);
      } else if (vmids.length > 1) {
        for (const { now, terms } of present) {
          problem.addRow([...terms, [together[index] ?? 0, -1]], -now, -now);
        }
      }
    }
  }
}

/** On a node where a rule does not want it. */
function isMisplaced({ vmid, node }: Guest, rules: readonly JudgedRule[]): boolean {
  return rules.some(
    ({ kind, vmids, nodes }) => kind === 'On' && vmids.includes(vmid) && !nodes.includes(node),
  );
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
