import type { Cluster, Guest } from '../../../src/balancing/cluster.ts';
import type { BalanceSettings } from '../../../src/balancing/plan.ts';
import { matchesAnyGlob } from '../../../src/lib/glob.ts';
import {
  type AdditiveCluster,
  cpusOf,
  createAdditiveCluster,
  isOnline,
  memoryTaken,
} from './additive-cluster.ts';
import { whyItMustNotEnter } from './may-enter.ts';
import { localVolumes, whyItMustStay } from './may-leave.ts';
import { requiredRules, violationsOf } from './placement-rules.ts';

/** One migration of a plan, as far as it is judged. */
export interface Step {
  readonly vmid: number;
  readonly source: string;
  readonly target: string;
  readonly companions?: readonly { readonly vmid: number }[];
}

/** What a plan is worth, and what is wrong with it. */
export interface Verdict {
  readonly moves: number;
  readonly memoryBytes: number;
  readonly localBytes: number;
  /** Bytes and 4 GiB for each move. */
  readonly costBytes: number;
  readonly spreads: { readonly before: Spreads; readonly after: Spreads };
  /** Of required rules of the policy and strict ones of HA. */
  readonly violations: { readonly before: number; readonly after: number };
  /** Guests on nodes that are to be drained. */
  readonly undrained: { readonly before: number; readonly after: number };
  /** A rule was worse after a step than before it. */
  readonly worsened: readonly Fault[];
  /** A target had less room than a step needs. */
  readonly overRoom: readonly Fault[];
  /** A guest moved that may not, or to where it may not. */
  readonly forbidden: readonly Fault[];
  /** Moves of guests that the plan has moved before. */
  readonly again: number;
}

/** Used shares, 0 to 1: the highest of a node less the lowest. */
export interface Spreads {
  readonly cpu: number;
  readonly memory: number;
}

export interface Fault {
  /** From 0. */
  readonly step: number;
  readonly vmid: number;
  readonly what: string;
}

export const MOVE_COST_BYTES = 4 * 2 ** 30;

/** Of memory, for the rounding of sums in another order. */
const ROUNDING_BYTES = 1;

export type LocalBytes = (guest: Guest) => number;

/**
 * Replays a plan step by step and judges it.
 *
 * @param localBytes What of a guest's disks is copied along; from what the model says of it where not given.
 */
export function judge(
  cluster: Cluster,
  settings: BalanceSettings,
  steps: readonly Step[],
  localBytes: LocalBytes = localBytesOf(cluster),
): Verdict {
  const state = createAdditiveCluster(cluster);
  const rules = requiredRules(cluster, settings);
  const places = placesIn(cluster, state);
  const moment = { cluster, settings, rules, places };
  const total = () => rules.reduce((sum, rule) => sum + violationsOf(rule, places), 0);
  const before = {
    spreads: spreadsOf(cluster, settings, state),
    violations: total(),
    undrained: countUndrained(cluster, settings, state),
  };
  const worsened: Fault[] = [];
  const overRoom: Fault[] = [];
  const forbidden: Fault[] = [];
  const moved = new Set<number>();
  const sum = { moves: 0, memoryBytes: 0, localBytes: 0, again: 0 };

  function judgeGuest(
    step: number,
    vmid: number,
    { source, target }: Step,
    moving: ReadonlySet<number>,
  ): void {
    const guest = state.guest(vmid);
    const node = state.nodeOf(vmid);
    if (guest === undefined || node === undefined) {
      forbidden.push({ step, vmid, what: 'there is no such guest' });
      return;
    }
    if (node !== source) forbidden.push({ step, vmid, what: `it is on ${node}, not on ${source}` });
    const why =
      whyItMustStay(guest, node, cluster, settings, moving) ?? whyItMustNotEnter(guest, node, target, moment);
    if (why !== undefined) forbidden.push({ step, vmid, what: why });
    const missing = missingRoom(guest, target);
    if (missing > ROUNDING_BYTES)
      overRoom.push({ step, vmid, what: `${missing} bytes too few on ${target}` });
    state.move(vmid, target);
    if (moved.has(vmid)) sum.again += 1;
    moved.add(vmid);
    sum.memoryBytes += memoryTaken(guest);
    sum.localBytes += localBytes(guest);
  }

  function missingRoom(guest: Guest, target: string): number {
    const node = cluster.nodes.find(({ name }) => name === target);
    if (guest.status === 'stopped' || node === undefined || !isOnline(node)) return 0;
    const incoming = cluster.incoming
      .filter((each) => each.node === target)
      .reduce((bytes, each) => bytes + each.bytes, 0);
    const reserve = node.figures.memoryTotalBytes * settings.placement.memoryReserveShare;
    const room = node.figures.memoryTotalBytes - state.load(target).memoryBytes - reserve - incoming;
    return Math.max(guest.memoryBytes, guest.memoryHostBytes) - room;
  }

  for (const [index, step] of steps.entries()) {
    sum.moves += 1;
    const moving = new Set([step.vmid, ...(step.companions ?? []).map(({ vmid }) => vmid)]);
    const own = rules
      .filter(({ vmids }) => vmids.some((vmid) => moving.has(vmid)))
      .map((rule) => [rule, violationsOf(rule, places)] as const);
    for (const vmid of moving) judgeGuest(index, vmid, step, moving);
    for (const [rule, violations] of own) {
      if (violationsOf(rule, places) > violations)
        worsened.push({ step: index, vmid: step.vmid, what: `rule ${rule.name}` });
    }
  }

  return {
    ...sum,
    costBytes: sum.memoryBytes + sum.localBytes + sum.moves * MOVE_COST_BYTES,
    spreads: { before: before.spreads, after: spreadsOf(cluster, settings, state) },
    violations: { before: before.violations, after: total() },
    undrained: { before: before.undrained, after: countUndrained(cluster, settings, state) },
    worsened,
    overRoom,
    forbidden,
  };
}

export function localBytesOf({ storages }: Cluster): LocalBytes {
  return ({ examination }) =>
    examination?.kind === 'Examined'
      ? localVolumes(examination, storages)
          .filter(({ kind }) => kind === 'Disk')
          .reduce((sum, { bytes }) => sum + bytes, 0)
      : 0;
}

function placesIn(cluster: Cluster, state: AdditiveCluster): (vmid: number) => readonly string[] {
  const elsewhere = new Map<number, string[]>();
  const note = (vmid: number, node: string) => elsewhere.set(vmid, [...(elsewhere.get(vmid) ?? []), node]);
  for (const { vmid, node } of [...cluster.unreadable, ...cluster.incoming]) note(vmid, node);
  for (const { vmid, node } of cluster.ha.services) if (state.nodeOf(vmid) === undefined) note(vmid, node);
  return (vmid) => {
    const node = state.nodeOf(vmid);
    const others = elsewhere.get(vmid) ?? [];
    return node === undefined ? others : [node, ...others];
  };
}

/** Over the nodes that take part, those to be drained excepted. */
function spreadsOf(cluster: Cluster, settings: BalanceSettings, state: AdditiveCluster): Spreads {
  const nodes = cluster.nodes
    .filter(isOnline)
    .filter(({ name }) => !matchesAnyGlob(settings.exclusions.nodes, name))
    .filter(({ name }) => !matchesAnyGlob(settings.placement.drainNodes, name));
  const spread = (shares: readonly number[]) =>
    shares.length === 0 ? 0 : Math.max(...shares) - Math.min(...shares);
  return {
    cpu: spread(nodes.map((node) => state.load(node.name).busyCpus / cpusOf(node))),
    memory: spread(nodes.map((node) => state.load(node.name).memoryBytes / node.figures.memoryTotalBytes)),
  };
}

function countUndrained(cluster: Cluster, { placement }: BalanceSettings, state: AdditiveCluster): number {
  return cluster.guests.filter(
    ({ vmid, template }) => !template && matchesAnyGlob(placement.drainNodes, state.nodeOf(vmid) ?? ''),
  ).length;
}
