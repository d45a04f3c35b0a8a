import type { BalancePolicySpec } from '../../../src/api/generated/balance-policy.ts';
import type { GuestView, NodeView } from '../../../src/simulator/cluster-view.ts';
import type { GuestDocument, ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { blockedByHa } from './ha-judge.ts';
import type { Moment } from './moment.ts';

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
  readonly spec: Pick<BalancePolicySpec, 'exclusions' | 'migration'>;
}

interface Facts extends MoveCase {
  readonly guest: GuestView;
  readonly made: GuestDocument;
  readonly source: NodeView;
  readonly target: NodeView;
}

const YOUNG_SECONDS = 300;

/** By the rule: how a move breaks it, undefined when it does not. */
const RULES = {
  state: ({ guest, made }) =>
    guest.status === 'running' && !made.template ? undefined : `is ${guest.status} or a template`,
  lock: ({ guest }) => guest.lock && `is locked (${guest.lock})`,
  container: ({ guest, spec }) =>
    guest.type === 'lxc' && spec.migration.containers === 'Never' ? 'is a container' : undefined,
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
  room: ({ guest, target, moment }) => {
    if (!moment.steady) return undefined;
    const coming = moment.running
      .filter((task) => task.target === target.name && task.vmid !== guest.vmid)
      .reduce((sum, { vmid = 0 }) => sum + (moment.guests.get(vmid)?.hostMemoryBytes ?? 0), 0);
    const room = target.memoryTotalBytes - target.memoryUsedBytes - coming;
    return room < guest.hostMemoryBytes ? `${target.name} has room for ${room} bytes` : undefined;
  },
  concurrency: ({ move, moment, spec }) => {
    const { total, perNode } = spec.migration.concurrency;
    const others = moment.running.filter(({ vmid }) => vmid !== move.vmid);
    const busiest = [move.source, move.target].find(
      (node) => others.filter(({ source, target }) => source === node || target === node).length >= perNode,
    );
    return others.length >= total ? `${others.length} are under way` : busiest;
  },
  ...blockedByHa,
} satisfies Readonly<Record<string, (facts: Facts) => string | undefined>>;

export type RuleName = keyof typeof RULES;
export const RULE_NAMES = Object.keys(RULES) as readonly RuleName[];

/** The rules that a move breaks, each with how. */
export function brokenRules(each: MoveCase): readonly { readonly rule: RuleName; readonly how: string }[] {
  const { move, moment, document } = each;
  const guest = moment.guests.get(move.vmid);
  const made = document.guests?.find(({ vmid }) => vmid === move.vmid);
  const [source, target] = [move.source, move.target].map((name) => moment.nodes.get(name));
  if (!guest || !made || !source || !target) throw new Error(`there is no such move as ${move.upid}`);
  const facts: Facts = { ...each, guest, made, source, target };
  return RULE_NAMES.flatMap((rule) => {
    const how = RULES[rule](facts);
    return how === undefined ? [] : [{ rule, how }];
  });
}

function matchesAny(globs: readonly string[], text: string): boolean {
  return globs.some((glob) => {
    const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
  });
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
