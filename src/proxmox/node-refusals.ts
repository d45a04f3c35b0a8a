import type { NodeRefusal } from '../balancing/guest-examination.ts';
import type { NodeRefusals } from './schemas/precondition.ts';

/** Why PVE refuses nodes, in words. Nodes that it allows may appear among the refused ones with an empty object. */
export function refusalsOf(refused: NodeRefusals = {}): readonly NodeRefusal[] {
  return Object.entries(refused).flatMap(([node, details]) => {
    const reasons = Object.entries(details).flatMap(([reason, items]) => inWords(reason, items) ?? []);
    return reasons.length === 0 ? [] : [{ node, reasons }];
  });
}

function inWords(reason: string, details: unknown): string | undefined {
  const items: readonly unknown[] = Array.isArray(details) ? details : [];
  const names = items.map(nameOfItem).join(', ');
  switch (reason) {
    case 'unavailable_storages':
      return items.length === 0 ? undefined : `storage ${names} is not available there`;
    case 'unavailable-resources':
      return items.length === 0 ? undefined : `the mapping of ${names} is not available there`;
    case 'blocking-ha-resources':
      return items.length === 0 ? undefined : `HA rules keep it away from ${names}`;
    default:
      return reason;
  }
}

/** A storage's or a mapping's name, or the HA resource in the way. */
function nameOfItem(item: unknown): string {
  if (typeof item === 'string') return item;
  const sid: unknown = Object(item).sid;
  return typeof sid === 'string' ? sid : 'unknown';
}
