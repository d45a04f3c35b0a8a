import type { NodeRefusal } from '../balancing/guest-examination.ts';
import type { NodeRefusals } from './schemas/precondition.ts';

/** Why PVE refuses nodes, in words. Nodes that it allows may appear among the refused ones with an empty object. */
export function refusalsOf(refused: NodeRefusals = {}): readonly NodeRefusal[] {
  return Object.entries(refused).flatMap(([node, details]) => {
    const reasons = Object.entries(details).flatMap(([reason, items]) => inWords(reason, items));
    return reasons.length === 0 ? [] : [{ node, reasons }];
  });
}

function inWords(reason: string, details: unknown): readonly string[] {
  if (!KNOWN.includes(reason)) return [reason];
  // In another form than that of a list it says all the same that there is something.
  const items: readonly unknown[] = Array.isArray(details) ? details : details === null ? [] : [details];
  if (items.length === 0) return [];
  switch (reason) {
    case 'unavailable_storages':
      return [`storage ${namesOf(items)} is not available there`];
    case 'unavailable-resources':
      return [`the mapping of ${namesOf(items)} is not available there`];
    default:
      return haReasons(items);
  }
}

const KNOWN = ['unavailable_storages', 'unavailable-resources', 'blocking-ha-resources'];

/** With node affinity as the cause it is the guest named that may not go there: this one, or one that moves along. */
function haReasons(items: readonly unknown[]): readonly string[] {
  const bound = items.filter((item) => Object(item).cause === 'node-affinity');
  const apart = items.filter((item) => !bound.includes(item));
  return [
    ...(bound.length === 0 ? [] : [`HA rules keep ${namesOf(bound)} off it`]),
    ...(apart.length === 0 ? [] : [`HA rules keep it away from ${namesOf(apart)}`]),
  ];
}

function namesOf(items: readonly unknown[]): string {
  return items.map(nameOf).join(', ');
}

/** A storage's or a mapping's name, or the HA resource in the way. */
function nameOf(item: unknown): string {
  if (typeof item === 'string') return item;
  const sid: unknown = Object(item).sid;
  return typeof sid === 'string' ? sid : 'unknown';
}
