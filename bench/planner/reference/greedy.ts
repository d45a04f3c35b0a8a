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
import { requiredRules, violationsOf } from '../judge/placement-rules.ts';
import type { Step } from '../judge/verdict.ts';

interface Shares {
  memory: number;
  cpu: number;
}

/** Where it stops descending: less is rounding. */
const LEAST_GAIN = 1e-9;

/**
 * A plain greedy to compare with: first it takes guests from drained nodes and repairs rules, each time to the node where the
 * loads end most even, then the move that evens them out most, until both spreads are within the tolerance or no move helps.
 * A guest that it moves more than once counts once, from where it was to where it ends; the steps are not put in an order
 * that could be carried out.
 */
export function planGreedily({ cluster, settings }: PlannerCase): readonly Step[] {
  const { placement, exclusions, tolerance } = settings;
  const state = createAdditiveCluster(cluster);
  const rules = requiredRules(cluster, settings);
  const places = (vmid: number) => [state.nodeOf(vmid) ?? ''];
  const moment = { cluster, settings, rules, places };
  const isDrained = (name: string) => matchesAnyGlob(placement.drainNodes, name);
  const nodes = cluster.nodes
    .filter(isOnline)
    .filter(({ name }) => !isDrained(name) && !matchesAnyGlob(exclusions.nodes, name));
  const movable = cluster.guests.filter(
    (guest) => whyItMustStay(guest, guest.node, cluster, settings) === undefined,
  );
  const homes = new Map(movable.map(({ vmid, node }) => [vmid, node]));
  const order = new Map<number, number>();

  const sharesOf = (node: OnlineNode): Shares => {
    const { memoryBytes, busyCpus } = state.load(node.name);
    return { memory: memoryBytes / node.figures.memoryTotalBytes, cpu: busyCpus / cpusOf(node) };
  };

  function move(guest: Guest, target: string): void {
    state.move(guest.vmid, target);
    order.delete(guest.vmid);
    order.set(guest.vmid, order.size);
  }

  for (const guest of movable) {
    if (isDrained(guest.node) || isMisplaced(guest)) moveToBest([guest]);
  }
  while (!isWithinTolerance() && moveToBest(movable)) {}
  return [...order.keys()].flatMap((vmid) => {
    const [source, target] = [homes.get(vmid), state.nodeOf(vmid)];
    return source === undefined || target === undefined || source === target
      ? []
      : [{ vmid, source, target }];
  });

  function isMisplaced({ vmid }: Guest): boolean {
    return rules.some((rule) => rule.vmids.includes(vmid) && violationsOf(rule, places) > 0);
  }

  function isWithinTolerance(): boolean {
    const shares = nodes.map(sharesOf);
    const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
    const memory = settings.weights.memory > 0 ? spread(shares.map((each) => each.memory)) : 0;
    const cpu = settings.weights.cpu > 0 ? spread(shares.map((each) => each.cpu)) : 0;
    return nodes.length < 2 || Math.max(memory, cpu) <= tolerance;
  }

  /** The move of one of these that evens out most; a guest on a drained node, or one that breaks a rule, moves in any case. */
  function moveToBest(guests: readonly Guest[]): boolean {
    const current = new Map(nodes.map((node) => [node.name, sharesOf(node)]));
    const mean = meanOf([...current.values()]);
    let best: { guest: Guest; target: string; gain: number } | undefined;
    for (const guest of guests) {
      const source = state.nodeOf(guest.vmid) ?? '';
      const leaving = nodes.find(({ name }) => name === source);
      const forced = leaving === undefined || (guests.length === 1 && isMisplaced(guest));
      const before = leaving ? distance(current.get(source), mean) : 0;
      const left = leaving ? distance(less(current.get(source), guest, leaving), mean) : 0;
      for (const node of nodes) {
        if (node.name === source) continue;
        const there = current.get(node.name);
        const after = more(there, guest, node);
        const gain = before + distance(there, mean) - left - distance(after, mean);
        if (best !== undefined && gain <= best.gain) continue;
        if (!forced && gain < LEAST_GAIN) continue;
        if (after.memory > 1 - placement.memoryReserveShare) continue;
        if (whyItMustNotEnter(guest, source, node.name, moment) !== undefined) continue;
        if (getsWorse(guest, source, node.name, forced)) continue;
        best = { guest, target: node.name, gain };
      }
    }
    if (best) move(best.guest, best.target);
    return best !== undefined;
  }

  function getsWorse({ vmid }: Guest, source: string, target: string, mustHelp: boolean): boolean {
    const own = rules.filter(({ vmids }) => vmids.includes(vmid));
    if (own.length === 0) return false;
    const count = () => own.map((rule) => violationsOf(rule, places));
    const before = count();
    state.move(vmid, target);
    const after = count();
    state.move(vmid, source);
    if (after.some((violations, index) => violations > (before[index] ?? 0))) return true;
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return mustHelp && !isDrained(source) && sum(after) >= sum(before);
  }
}

function meanOf(shares: readonly Shares[]): Shares {
  const sum = (value: (each: Shares) => number) => shares.reduce((total, each) => total + value(each), 0);
  return { memory: sum((each) => each.memory) / shares.length, cpu: sum((each) => each.cpu) / shares.length };
}

function distance(shares: Shares | undefined, mean: Shares): number {
  if (shares === undefined) return 0;
  return (shares.memory - mean.memory) ** 2 + (shares.cpu - mean.cpu) ** 2;
}

function more(shares: Shares | undefined, guest: Guest, node: OnlineNode): Shares {
  return {
    memory: (shares?.memory ?? 0) + memoryTaken(guest) / node.figures.memoryTotalBytes,
    cpu: (shares?.cpu ?? 0) + busyCpusTaken(guest) / cpusOf(node),
  };
}

function less(shares: Shares | undefined, guest: Guest, node: OnlineNode): Shares {
  return {
    memory: (shares?.memory ?? 0) - memoryTaken(guest) / node.figures.memoryTotalBytes,
    cpu: (shares?.cpu ?? 0) - busyCpusTaken(guest) / cpusOf(node),
  };
}
