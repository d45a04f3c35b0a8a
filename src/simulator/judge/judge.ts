import type { Judgement } from '../scenario/specifications.ts';
import type { Cluster } from '../world/cluster.ts';
import { type Guest, hostMemoryBytes } from '../world/guest.ts';
import type { Node } from '../world/node.ts';
import { breaches, type Passage } from './breaches.ts';

/**
 * Looks at the cluster after everything that happens in it, and holds against it what a scenario says must never be. It
 * shares no code with whoever plans migrations.
 */
export function startJudge(cluster: Cluster, { rules, drained, memoryReserve }: Judgement): void {
  // A rule may be broken to begin with; from then on it may only get better.
  const least = new Map(rules.map((rule) => [rule.name, Number.POSITIVE_INFINITY]));
  const look = () => {
    const underWay = passagesOf(cluster);
    const nodeOf = (vmid: number) => cluster.guests.get(vmid)?.node;
    for (const rule of rules) {
      const before = least.get(rule.name) ?? 0;
      const now = breaches(rule, nodeOf, underWay);
      if (now > before) cluster.violate(`rule '${rule.name}' was broken, or got worse`);
      least.set(rule.name, Math.min(before, now));
    }
    for (const { vmid, target } of underWay) {
      if (drained.includes(target)) cluster.violate(`guest ${vmid} was sent to ${target}, which is drained`);
    }
    for (const target of new Set(underWay.map((passage) => passage.target))) {
      judgeMemory(cluster, cluster.node(target), underWay, memoryReserve);
    }
  };
  look();
  cluster.timeline.observe(look);
}

/** Guests on their way by a task of Proxmox VE's own; a request that HA has queued is none yet. */
function passagesOf(cluster: Cluster): readonly Passage[] {
  return cluster.tasks
    .running()
    .flatMap(({ type, migration }) => (migration && type !== 'hamigrate' ? [migration] : []));
}

/** Only where something arrives: a node whose own guests grow is nobody's fault. */
function judgeMemory(cluster: Cluster, node: Node, underWay: readonly Passage[], reserve: number): void {
  const arriving = underWay
    .filter(({ target }) => target === node.name)
    .flatMap(({ vmid }) => cluster.guests.get(vmid) ?? [])
    .filter((guest) => guest.node !== node.name);
  const bytes = (guests: readonly Guest[]) =>
    guests.reduce((sum, guest) => sum + hostMemoryBytes(guest, cluster.elapsedMs()), 0);
  // One that does not run may go to a node that is too full already.
  if (bytes(arriving) === 0) return;
  const need = node.baseMemoryBytes + bytes([...cluster.guestsOn(node.name)]) + bytes(arriving);
  const room = node.memoryBytes * (1 - reserve);
  if (need > room) {
    const vmids = arriving.map(({ vmid }) => vmid).join(', ');
    cluster.violate(`node ${node.name} has no room for what is on its way to it (${vmids})`);
  }
}
