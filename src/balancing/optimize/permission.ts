import type { Guest, OnlineNode } from '../cluster.ts';
import type { ClusterIndex } from '../cluster-index.ts';
import { haNodeBlock } from '../ha-placement.ts';
import { ownTargetBlock } from '../target-block.ts';
import { type Unit, unitGuests } from './unit.ts';

/**
 * Whether a unit may go to a node, wherever all others are: what HA's node rules, the policy's pins, its storages, its CPU
 * and versions say. Asked at most once for each pair, since a large cluster has a million of them.
 */
export interface Permissions {
  /** From where it is in the cluster. */
  mayGo(unit: number, node: number): boolean;
  /** The same on a way of several steps: the CPU and version of each node that it leaves count. */
  mayGoOn(unit: number, from: number, node: number): boolean;
}

const ALLOWED = 1;
const FORBIDDEN = 2;

export function createPermissions(
  units: readonly Unit[],
  nodes: readonly OnlineNode[],
  mayReceive: readonly boolean[],
  index: ClusterIndex,
): Permissions {
  // Guests of which nothing particular is known have the same answers where they have the same node.
  const rows = new Map<string, Uint8Array>();
  const known = units.map((unit) => {
    if (!isOrdinary(unit, index)) return new Uint8Array(nodes.length);
    const shared = rows.get(unit.guest.node) ?? new Uint8Array(nodes.length);
    rows.set(unit.guest.node, shared);
    return shared;
  });
  function mayGo(unit: number, node: number): boolean {
    const row = known[unit];
    if (row === undefined) return false;
    const answer = row[node];
    if (answer !== 0) return answer === ALLOWED;
    const [moved, target] = [units[unit], nodes[node]];
    const allowed =
      moved !== undefined &&
      target !== undefined &&
      mayReceive[node] === true &&
      unitGuests(moved).every((guest) => isAllowed(guest, target, index));
    row[node] = allowed ? ALLOWED : FORBIDDEN;
    return allowed;
  }

  return {
    mayGo,
    mayGoOn(unit, from, node) {
      if (!mayGo(unit, node)) return false;
      const [moved, source, target] = [units[unit], nodes[from], nodes[node]];
      if (moved === undefined || source === undefined || target === undefined) return false;
      if (moved.guest.node === source.name) return true;
      return unitGuests(moved).every(
        (guest) => ownTargetBlock({ ...guest, node: source.name }, target, index) === undefined,
      );
    },
  };
}

function isOrdinary({ guest, companions }: Unit, index: ClusterIndex): boolean {
  return (
    companions.length === 0 &&
    guest.ha === undefined &&
    guest.replicationTargets === undefined &&
    guest.examination === undefined &&
    !index.requiredRulesOf(guest.vmid).some(({ type }) => type === 'Pin')
  );
}

function isAllowed(guest: Guest, target: OnlineNode, index: ClusterIndex): boolean {
  const pins = index.requiredRulesOf(guest.vmid).filter(({ type }) => type === 'Pin');
  return (
    pins.every(({ nodes }) => nodes.includes(target.name)) &&
    haNodeBlock(guest, target.name, index) === undefined &&
    ownTargetBlock(guest, target, index) === undefined
  );
}
