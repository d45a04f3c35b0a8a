import type { Cluster, Guest, OnlineNode } from '../../src/balancing/cluster.ts';
import type { HaRule } from '../../src/balancing/high-availability.ts';
import type { PlacementRule, RuleGuests } from '../../src/balancing/placement.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { balancedAssignment } from './balanced-assignment.ts';
import { benchmarkSettings, type PlannerCase, type Size, TOLERANCE } from './case.ts';
import { disturb } from './disturbance.ts';
import { type Assignment, type Draft, type DraftGuest, type DraftRule, loadsOf } from './draft.ts';
import { rulesOf, violated } from './draft-rules.ts';
import type { Family } from './families.ts';
import { draftCluster, type LoadTraits } from './guest-sizes.ts';

const FULL_MEMORY_SHARE = 0.95;
/** Of tight cases, so that the disturbance finds room. */
const MOST_MEMORY_SHARE = 0.925;
/** Of the guests of the first node in the family of ignored guests. */
const IGNORED_SHARE = 0.6;
const BEFORE_GIVING_UP = 20;

/** The same case for the same family, size and seed. */
export function generateCase(family: Family, size: Size, seed: number): PlannerCase {
  const random = createRandom(hashOf(`${family.name}/${size.nodes}/${size.guests}/${seed}`));
  const open = Array.from({ length: size.nodes }, (_, node) => !(family.drained && node === size.nodes - 1));
  const { draft, balanced, reachable } = draftBalanced(family, size, open, random);
  const rules = family.rules ? rulesOf(draft, balanced, random) : [];
  const ignored = new Set(family.ignored ? ignoredGuests(balanced) : []);
  const together = new Set(rules.filter(({ type }) => type === 'Affinity').flatMap(({ members }) => members));
  const [least, most] = family.shares;
  const disturbed = disturb(
    draft,
    balanced,
    {
      kind: family.disturbance,
      share: least + (most - least) * random(),
      rules,
      mayMove: (guest) => !ignored.has(guest) && !together.has(guest),
    },
    random,
  );
  const start =
    family.rules === 'Violated' ? violated(draft, disturbed, rules, FULL_MEMORY_SHARE) : disturbed;
  return {
    name: `${family.name} ${size.nodes}x${size.guests} #${seed}`,
    family: family.name,
    ...caseOf(family, draft, start, rules, [...ignored]),
    reachable,
  };
}

interface BalancedDraft {
  readonly draft: Draft;
  readonly balanced: Assignment;
  readonly reachable: boolean;
}

function draftBalanced(
  family: Family,
  size: Size,
  open: readonly boolean[],
  random: () => number,
): BalancedDraft {
  for (let attempt = 0; ; attempt += 1) {
    const draft = draftCluster(size, loadsFor(family, size), random);
    const balanced = balancedAssignment(draft, open, TOLERANCE, random);
    if (balanced) return { draft, balanced, reachable: true };
    if (attempt === BEFORE_GIVING_UP) {
      const spread = draft.guests.map((_, guest) => guest % open.filter(Boolean).length);
      return { draft, balanced: spread, reachable: false };
    }
  }
}

/** Guests for the nodes that stay where one is to be emptied. */
function loadsFor(
  { loads, drained, roomInGuests, reserveShare }: Family,
  { nodes, guests }: Size,
): LoadTraits {
  const open = drained ? nodes - 1 : nodes;
  const tight = (1 - reserveShare) / (1 + ((roomInGuests ?? 0) * open) / guests);
  const memoryShare = roomInGuests === undefined ? loads.memoryShare : Math.min(tight, MOST_MEMORY_SHARE);
  const left = open / nodes;
  return { ...loads, memoryShare: memoryShare * left, cpuShare: loads.cpuShare * left };
}

function ignoredGuests(balanced: Assignment): number[] {
  const first = balanced.map((_, guest) => guest).filter((guest) => balanced[guest] === 0);
  return first.slice(0, Math.ceil(first.length * IGNORED_SHARE));
}

function caseOf(
  family: Family,
  draft: Draft,
  start: Assignment,
  rules: readonly DraftRule[],
  ignored: readonly number[],
): Pick<PlannerCase, 'cluster' | 'settings'> {
  const vmidOf = (guest: number) => draft.guests[guest]?.vmid ?? 0;
  const nodeName = (node: number) => draft.nodes[node]?.name ?? '';
  const managed = new Set(rules.filter(({ ha }) => ha).flatMap(({ members }) => members));
  const guests = draft.guests.map((guest, index) => {
    const node = start[index] ?? 0;
    const tags = rules.filter((rule) => !rule.ha && rule.members.includes(index)).map(({ name }) => name);
    const tagged = ignored.includes(index) && index % 3 !== 0;
    return modelGuest(guest, nodeName(node), {
      tags: tagged ? [...tags, index % 3 === 1 ? 'pve-cslb-ignore' : 'no-balance'] : tags,
      managed: managed.has(index),
      examined: family.loads.localDisks === true,
    });
  });
  const placement = {
    rules: rules.filter(({ ha }) => !ha).map((rule) => policyRule(rule, vmidOf, nodeName)),
    drainNodes: family.drained ? [nodeName(draft.nodes.length - 1)] : [],
    memoryReserveShare: family.reserveShare,
  };
  const names = draft.nodes.map(({ name }) => name);
  const cluster: Cluster = {
    nodes: modelNodes(draft, start),
    guests,
    unreadable: [],
    incoming: [],
    ha: {
      hold: undefined,
      nativeRebalancing: false,
      rules: rules.filter(({ ha }) => ha).map((rule) => haRule(rule, vmidOf, nodeName)),
      services: [],
    },
    storages: [
      { name: 'ceph', shared: true, nodes: names },
      { name: 'local-lvm', shared: false, nodes: names },
    ],
  };
  const excluded = ignored.filter((guest) => guest % 3 === 0).map(vmidOf);
  return { cluster, settings: benchmarkSettings(placement, excluded) };
}

/** Named by VMID, or by a tag that its guests have. */
function policyRule(
  { name, type, members, nodes }: DraftRule,
  vmidOf: (guest: number) => number,
  nodeName: (node: number) => string,
): PlacementRule {
  const byVmid = members.length % 2 === 0;
  const guests: RuleGuests = byVmid
    ? { vmids: members.map(vmidOf), tags: [], pools: [] }
    : { vmids: [], tags: [name], pools: [] };
  return { name, type, guests, nodes: nodes.map(nodeName), enforcement: 'Required' };
}

function haRule(
  { name, type, members, nodes }: DraftRule,
  vmidOf: (guest: number) => number,
  nodeName: (node: number) => string,
): HaRule {
  const vmids = members.map(vmidOf);
  return type === 'Pin'
    ? {
        kind: 'NodeAffinity',
        name,
        vmids,
        nodes: nodes.map((node) => ({ name: nodeName(node), priority: 0 })),
        strict: true,
        affinity: 'Positive',
      }
    : { kind: 'ResourceAffinity', name, vmids, affinity: type === 'Affinity' ? 'Positive' : 'Negative' };
}

interface GuestTraits {
  readonly tags: readonly string[];
  readonly managed: boolean;
  readonly examined: boolean;
}

function modelGuest(guest: DraftGuest, node: string, traits: GuestTraits): Guest {
  const { vmid, type, memoryBytes, busyCpus, cpuCount, localBytes } = guest;
  const stopped = memoryBytes === 0;
  const storage = localBytes > 0 ? 'local-lvm' : 'ceph';
  return {
    vmid,
    type,
    name: `${type === 'qemu' ? 'vm' : 'ct'}-${vmid}`,
    node,
    status: stopped ? 'stopped' : 'running',
    template: false,
    lock: undefined,
    tags: traits.tags,
    pool: undefined,
    ha: traits.managed
      ? { state: 'started', failback: true, autoRebalance: true, fault: undefined }
      : undefined,
    replicationTargets: undefined,
    activeTask: undefined,
    cpuUsedShare: busyCpus / cpuCount,
    cpuCount,
    memoryBytes,
    memoryHostBytes: type === 'qemu' ? memoryBytes : 0,
    memoryMaxBytes: Math.max(2 ** 30, Math.round(memoryBytes * 1.3)),
    uptimeSeconds: stopped ? 0 : 1_000_000,
    settling: false,
    examination: traits.examined
      ? {
          kind: 'Examined',
          allowedNodes: undefined,
          refusals: [],
          dependents: [],
          devices: [],
          volumes: [
            {
              key: 'scsi0',
              volume: `${storage}:vm-${vmid}-disk-0`,
              storage,
              bytes: localBytes > 0 ? localBytes : 32 * 2 ** 30,
              kind: 'Disk',
              local: localBytes > 0,
              inSnapshot: false,
              replicated: true,
            },
          ],
          cpu: type === 'qemu' ? { kind: 'Named', type: 'x86-64-v2-AES' } : undefined,
        }
      : undefined,
  };
}

function modelNodes(draft: Draft, start: Assignment): OnlineNode[] {
  const { memory, cpu } = loadsOf(draft, start);
  return draft.nodes.map(({ name, memoryBytes, cpus }, index) => {
    const used = Math.round((memory[index] ?? 0) * memoryBytes);
    const load = (cpu[index] ?? 0) * cpus;
    return {
      name,
      availability: 'Online',
      uptimeSeconds: 1_000_000,
      figures: {
        cpuMhz: 2_500,
        cpuCores: cpus,
        cpuSockets: 1,
        cpuThreads: cpus,
        cpuModel: 'Bench',
        cpuFlags: ['aes', 'avx2'],
        architecture: 'x86_64',
        pveVersion: '9.1.2',
        loadAverage: [load, load, load],
        cpuUsedShare: cpu[index] ?? 0,
        memoryTotalBytes: memoryBytes,
        memoryUsedBytes: used,
        memoryFreeBytes: memoryBytes - used,
        ksmSharedBytes: 0,
      },
    };
  });
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}
