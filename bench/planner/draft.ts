import type { GuestType } from '../../src/balancing/cluster.ts';
import type { PlacementRule } from '../../src/balancing/placement.ts';

/** A made-up cluster while it is being made: guests and nodes by their index. */
export interface Draft {
  readonly nodes: readonly DraftNode[];
  readonly guests: readonly DraftGuest[];
}

export interface DraftNode {
  readonly name: string;
  readonly memoryBytes: number;
  readonly cpus: number;
  /** What the host itself takes. */
  readonly ownMemoryBytes: number;
  readonly ownCpus: number;
}

export interface DraftGuest {
  readonly vmid: number;
  readonly type: GuestType;
  readonly memoryBytes: number;
  readonly busyCpus: number;
  readonly cpuCount: number;
  /** Of disks on its node alone. */
  readonly localBytes: number;
}

/** Node of each guest. */
export type Assignment = readonly number[];

export interface DraftRule {
  readonly name: string;
  readonly type: PlacementRule['type'];
  /** Of guests. */
  readonly members: readonly number[];
  /** Of nodes, of a `Pin`. */
  readonly nodes: readonly number[];
  /** Kept by Proxmox HA instead of the policy. */
  readonly ha: boolean;
}

/** Used shares of each node. */
export interface DraftLoads {
  readonly memory: number[];
  readonly cpu: number[];
}

export function loadsOf({ nodes, guests }: Draft, assignment: Assignment): DraftLoads {
  const memory = nodes.map((node) => node.ownMemoryBytes / node.memoryBytes);
  const cpu = nodes.map((node) => node.ownCpus / node.cpus);
  for (const [index, guest] of guests.entries()) {
    const at = assignment[index] ?? 0;
    const node = nodes[at];
    if (node === undefined) continue;
    memory[at] = (memory[at] ?? 0) + guest.memoryBytes / node.memoryBytes;
    cpu[at] = (cpu[at] ?? 0) + guest.busyCpus / node.cpus;
  }
  return { memory, cpu };
}

/** The larger of both resources' spreads over the nodes that are open. */
export function spreadOf({ memory, cpu }: DraftLoads, open: readonly boolean[]): number {
  return Math.max(
    ...[memory, cpu].map((shares) => {
      const counted = shares.filter((_, node) => open[node]);
      return Math.max(...counted) - Math.min(...counted);
    }),
  );
}

/** Whether a guest may be put on a node as far as the rules go, the others being where they are. */
export function isAllowed(
  rules: readonly DraftRule[],
  guest: number,
  node: number,
  assignment: Assignment,
): boolean {
  return rules.every((rule) => !rule.members.includes(guest) || allows(rule, guest, node, assignment));
}

function allows(
  { type, members, nodes }: DraftRule,
  guest: number,
  node: number,
  assignment: Assignment,
): boolean {
  const others = members.filter((member) => member !== guest);
  switch (type) {
    case 'Pin':
      return nodes.includes(node);
    case 'AntiAffinity':
      return others.every((member) => assignment[member] !== node);
    case 'Affinity':
      return others.every((member) => assignment[member] === node);
  }
}
