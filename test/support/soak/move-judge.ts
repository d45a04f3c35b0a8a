import type { BalancePolicySpec } from '../../../src/api/generated/balance-policy.ts';
import type { GuestView, NodeView } from '../../../src/simulator/cluster-view.ts';
import type { GuestDocument, ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { matchesAny } from './globs.ts';
import { blockedByHa, movedWith } from './ha-judge.ts';
import type { Moment } from './moment.ts';
import { blockedByPlacement, type JudgedRule, judgedRules } from './placement-judge.ts';

/** A migration that the operator has just had Proxmox begin. */
export interface Move {
  readonly upid: string;
  readonly vmid: number;
  readonly source: string;
  readonly target: string;
}

/**
 * Judges moves by what is true of the simulated cluster, and by the scenario that it was made of; shares no code with
 * the operator. What the operator decided and read does not count here.
 */
export interface MoveCase {
  readonly move: Move;
  readonly moment: Moment;
  readonly document: ScenarioDocument;
  readonly spec: Pick<BalancePolicySpec, 'exclusions' | 'migration' | 'placement' | 'strategy'>;
}

interface Facts extends MoveCase {
  readonly guest: GuestView;
  readonly made: GuestDocument;
  /** The guest, and all that HA moves along with it. */
  readonly group: readonly GuestView[];
  readonly rules: readonly JudgedRule[];
  readonly source: NodeView;
  readonly target: NodeView;
}

const YOUNG_SECONDS = 300;

/** By the rule: how a move breaks it, undefined when it does not. */
const RULES = {
  state: ({ guest, made, move, spec }) => {
    const leaves = spec.strategy === 'Optimize' && matchesAny(spec.placement.drainNodes, move.source);
    const may = guest.status === 'running' || (guest.status === 'stopped' && leaves);
    return may && !made.template ? undefined : `is ${guest.status} or a template`;
  },
  lock: ({ guest }) => guest.lock && `is locked (${guest.lock})`,
  container: ({ guest, spec }) =>
    guest.type === 'lxc' && guest.status !== 'stopped' && spec.migration.containers === 'Never'
      ? 'is a container'
      : undefined,
  excludedVmid: ({ move, spec }) =>
    spec.exclusions.vmids.includes(move.vmid) ? 'is excluded by its VMID' : undefined,
  excludedType: ({ guest, spec }) =>
    spec.exclusions.types.includes(guest.type) ? `is a ${guest.type}` : undefined,
  excludedTag: ({ made, spec }) =>
    made.tags?.find((tag) => tag === 'pve-cslb-ignore' || matchesAny(spec.exclusions.tags, tag)),
  excludedPool: ({ made, spec }) =>
    made.pool !== undefined && matchesAny(spec.exclusions.pools, made.pool) ? made.pool : undefined,
  excludedNode: ({ move, spec }) =>
    [move.source, move.target].find((node) => matchesAny(spec.exclusions.nodes, node)),
  maintenance: ({ source, target }) =>
    [source, target].find(({ haState }) => haState === 'maintenance')?.name,
  nodeDown: ({ source, target }) => [source, target].find(({ online }) => !online)?.name,
  nodeYoung: ({ target }) => (target.uptimeSeconds < YOUNG_SECONDS ? target.name : undefined),
  passthrough: ({ made }) =>
    Object.entries(made.config ?? {})
      .find(([key, value]) => /^(hostpci|usb)\d+$/.test(key) && !/^(mapping=|spice)/.test(String(value)))
      ?.join('='),
  localDisk: ({ made, document, spec }) =>
    spec.migration.localDisks ? undefined : disksOf(made).find((name) => !isShared(document, name)),
  storage: ({ made, move, document }) =>
    disksOf(made).find((name) => !hasStorage(document, move.target, name)),
  room: ({ group, target, moment, spec }) => {
    if (!moment.steady) return undefined;
    const bytes = (vmids: Iterable<number>) =>
      [...vmids]
        .flatMap((vmid) => moment.guests.get(vmid) ?? [])
        .filter(({ node }) => node !== target.name)
        .reduce((sum, { hostMemoryBytes }) => sum + hostMemoryBytes, 0);
    const own = new Set(group.map(({ vmid }) => vmid));
    const others = [...moment.running, ...moment.asked]
      .filter((passage) => passage.target === target.name)
      .flatMap(({ vmid }) => (vmid === undefined || own.has(vmid) ? [] : vmid));
    const settled = target.memoryUsedBytes - target.memoryArrivedBytes;
    const reserve = (target.memoryTotalBytes * parseFloat(spec.placement.reserve.memory)) / 100;
    const room = target.memoryTotalBytes - reserve - settled - bytes(new Set(others));
    // What does not run may go to a node that is too full already.
    return bytes(own) > Math.max(0, room) ? `${target.name} has room for ${room} bytes` : undefined;
  },
  concurrency: ({ move, group, moment, spec }) => {
    const { total, perNode } = spec.migration.concurrency;
    const others = moment.running.filter(({ vmid }) => !group.some((each) => each.vmid === vmid));
    const count = group.length;
    // More than the limits ever allow: alone.
    if (count > Math.min(total, perNode)) return others.length > 0 ? 'it has to be alone' : undefined;
    const busiest = [move.source, move.target].find(
      (node) =>
        others.filter(({ source, target }) => source === node || target === node).length + count > perNode,
    );
    return others.length + count > total ? `${others.length} are under way` : busiest;
  },
  ...blockedByHa,
  ...blockedByPlacement,
} satisfies Readonly<Record<string, (facts: Facts) => string | undefined>>;

export type RuleName = keyof typeof RULES;
export const RULE_NAMES = Object.keys(RULES) as readonly RuleName[];

/** The rules that a move breaks, each with how. Where HA moves others along, each of them is held against the rules. */
export function brokenRules(each: MoveCase): readonly { readonly rule: RuleName; readonly how: string }[] {
  const { move, moment, document, spec } = each;
  const [source, target] = [move.source, move.target].map((name) => moment.nodes.get(name));
  const group = groupOf(each);
  const rules = judgedRules(spec, document);
  const broken = new Map<RuleName, string>();
  for (const guest of group) {
    const made = document.guests?.find(({ vmid }) => vmid === guest.vmid);
    if (!made || !source || !target) throw new Error(`there is no such move as ${move.upid}`);
    const own = { ...move, vmid: guest.vmid };
    const facts: Facts = { ...each, move: own, guest, made, source, target, group, rules };
    for (const rule of RULE_NAMES) {
      const how = RULES[rule](facts);
      if (how !== undefined) broken.set(rule, how);
    }
  }
  return [...broken].map(([rule, how]) => ({ rule, how }));
}

/** CSLB moves one guest at a time; what HA would move along with it is a rule of its own. */
function groupOf({ move, moment, document, spec }: MoveCase): readonly GuestView[] {
  const guest = moment.guests.get(move.vmid);
  if (!guest) throw new Error(`there is no such move as ${move.upid}`);
  if (spec.strategy === 'Cslb') return [guest];
  return [guest, ...movedWith(document, guest).flatMap((vmid) => moment.guests.get(vmid) ?? [])];
}

function disksOf(guest: GuestDocument): readonly string[] {
  return (guest.disks ?? [])
    .filter(({ kind = 'disk' }) => kind !== 'unused' && kind !== 'cloudinit')
    .map(({ storage }) => storage);
}

function isShared({ storages = [] }: ScenarioDocument, name: string): boolean {
  return storages.some((storage) => storage.name === name && storage.shared === true);
}

function hasStorage({ storages = [] }: ScenarioDocument, node: string, name: string): boolean {
  return storages.some(
    (each) => each.name === name && !each.disabled && (each.nodes?.includes(node) ?? true),
  );
}
