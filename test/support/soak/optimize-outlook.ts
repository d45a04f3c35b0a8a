import type { BalancePolicySpec } from '../../../src/api/generated/balance-policy.ts';
import type { GuestView, NodeView } from '../../../src/simulator/cluster-view.ts';
import type { ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { matchesAny } from './globs.ts';
import { movedWith } from './ha-judge.ts';
import type { Moment } from './moment.ts';
import { brokenRules } from './move-judge.ts';
import { breachesOf, type JudgedRule, judgedRules } from './placement-judge.ts';
import type { LookAhead } from './tolerance-judge.ts';

/**
 * What Optimize is expected to do, without any of its code: a walk of single moves, each of which the judge of moves has nothing
 * against and which evens the loads most. It finds less than a planner can; so what it finds is certainly possible.
 */
export function lookAheadOfOptimize(document: ScenarioDocument): LookAhead {
  return ({ policy, moment }, rests) => {
    const { spec } = policy;
    const task = { document, spec, rules: judgedRules(spec, document), rests };
    const now = worthOf(moment, task);
    const tolerance = share(spec.tolerance);
    const isWide = now.spread > tolerance + SLACK;
    const isContent = now.unmet === 0 && now.unfulfilled === 0 && now.spread < tolerance - SLACK;
    const balanced = now.unmet > 0 || isWide ? false : isContent ? true : undefined;
    const repair = walk(moment, task, 1, (worth) => worth.unmet < now.unmet);
    if (repair) return { balanced, due: `${repair} would restore a rule or leave a drained node` };
    // Any plan that gets there gains that much.
    if (!isWide || now.spread - tolerance < share(spec.stabilization.minimumGain) + SLACK) {
      return { balanced, due: undefined };
    }
    const even = walk(
      moment,
      task,
      spec.maxMigrations,
      (worth) => worth.spread < tolerance - SLACK && worth.unmet <= now.unmet,
    );
    return { balanced, due: even && `${even} would bring the cluster within tolerance` };
  };
}

/** Half a point: what two ways to measure may differ by, and more. */
const SLACK = 0.005;

interface Task {
  readonly document: ScenarioDocument;
  readonly spec: BalancePolicySpec;
  readonly rules: readonly JudgedRule[];
  readonly rests: ReadonlyMap<number, string>;
}

interface Worth {
  /** Guests on drained nodes and where required rules do not want them. */
  readonly unmet: number;
  readonly unfulfilled: number;
  /** The largest of a resource that counts. */
  readonly spread: number;
  /** How uneven it is altogether. */
  readonly variance: number;
}

function worthOf({ guests, nodes }: Moment, { document, spec, rules }: Task): Worth {
  const nodeOf = (vmid: number) => guests.get(vmid)?.node ?? '';
  const { drainNodes } = spec.placement;
  const undrained = (document.guests ?? []).filter(
    ({ vmid, template }) => !template && matchesAny(drainNodes, nodeOf(vmid)),
  );
  const breaches = (enforcement: JudgedRule['enforcement']) =>
    rules
      .filter((rule) => rule.enforcement === enforcement)
      .reduce((sum, rule) => sum + breachesOf(rule, nodeOf), 0);
  const counted = [...nodes.values()].filter(
    ({ name, online }) => online && !matchesAny(drainNodes, name) && !matchesAny(spec.exclusions.nodes, name),
  );
  const resources = [
    ...(spec.weights.cpu > 0 ? [counted.map(({ cpu }) => cpu)] : []),
    ...(spec.weights.memory > 0
      ? [counted.map(({ memoryUsedBytes, memoryTotalBytes }) => memoryUsedBytes / memoryTotalBytes)]
      : []),
  ];
  return {
    unmet: undrained.length + breaches('Required'),
    unfulfilled: breaches('Preferred'),
    spread: Math.max(...resources.map((shares) => Math.max(...shares) - Math.min(...shares))),
    variance: resources.reduce((sum, shares) => sum + varianceOf(shares), 0),
  };
}

function varianceOf(shares: readonly number[]): number {
  const mean = shares.reduce((sum, each) => sum + each, 0) / shares.length;
  return shares.reduce((sum, each) => sum + (each - mean) ** 2, 0);
}

/** Takes the best move, again and again, until it is `enough`. Gives the moves; undefined where it gets nowhere. */
function walk(
  start: Moment,
  task: Task,
  mostMoves: number,
  enough: (worth: Worth) => boolean,
): string | undefined {
  const taken: string[] = [];
  const moved = new Set<number>();
  let moment = start;
  let worth = worthOf(start, task);
  while (taken.length < mostMoves) {
    let best: { readonly name: string; readonly vmid: number; readonly moment: Moment } | undefined;
    for (const { vmid, target, next } of possibleMoves(moment, task, moved)) {
      const then = worthOf(next, task);
      const better =
        then.unmet < worth.unmet || (then.unmet === worth.unmet && then.variance < worth.variance);
      if (!better) continue;
      worth = then;
      best = { name: `${vmid} → ${target}`, vmid, moment: next };
    }
    if (best === undefined) return undefined;
    taken.push(best.name);
    moved.add(best.vmid);
    moment = best.moment;
    if (enough(worth)) return taken.join(', ');
  }
  return undefined;
}

function* possibleMoves(moment: Moment, { document, spec, rests }: Task, moved: ReadonlySet<number>) {
  for (const guest of moment.guests.values()) {
    const group = [guest.vmid, ...movedWith(document, guest)];
    // Whoever has the lowest VMID stands for all.
    if (group.some((vmid) => vmid < guest.vmid || rests.has(vmid) || moved.has(vmid))) continue;
    for (const { name: target } of moment.nodes.values()) {
      if (target === guest.node) continue;
      const move = { upid: `${guest.vmid} to ${target}`, vmid: guest.vmid, source: guest.node, target };
      if (brokenRules({ move, moment, document, spec }).length > 0) continue;
      yield { vmid: guest.vmid, target, next: after(moment, document, group, target) };
    }
  }
}

/** As it is expected to be once they are there: they take their loads along. */
function after(moment: Moment, document: ScenarioDocument, vmids: readonly number[], target: string): Moment {
  const guests = new Map(moment.guests);
  const nodes = new Map(moment.nodes);
  const load = (name: string, guest: GuestView, sign: 1 | -1) => {
    const node = nodes.get(name);
    const made = document.guests?.find(({ vmid }) => vmid === guest.vmid);
    if (!node || !made) throw new Error(`there is no ${name}, or no guest ${guest.vmid}`);
    const cpu = guest.status === 'running' ? (guest.cpu * made.cpus) / node.cpus : 0;
    const then: NodeView = {
      ...node,
      cpu: node.cpu + sign * cpu,
      memoryUsedBytes: node.memoryUsedBytes + sign * guest.hostMemoryBytes,
    };
    nodes.set(name, then);
  };
  for (const vmid of vmids) {
    const guest = guests.get(vmid);
    if (!guest) continue;
    load(guest.node, guest, -1);
    load(target, guest, 1);
    guests.set(vmid, { ...guest, node: target });
  }
  return { ...moment, guests, nodes };
}

function share(percent: string): number {
  return parseFloat(percent) / 100;
}
