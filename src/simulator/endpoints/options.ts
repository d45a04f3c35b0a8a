import type { Call, Route } from '../http/route.ts';
import { isList } from '../world/options.ts';

// Inside an option only these are numbers; everything else that is one stays text (docs/proxmox-api.md §4.13).
const FLAGS = ['ha-rebalance-on-start', 'ha-auto-rebalance', 'case-sensitive'];
const LISTS = ['registered-tags', 'user-allow-list'];
// Shown to everybody.
const PUBLIC = ['console', 'tag-style', 'allowed-tags'];

function options(call: Call) {
  const { cluster } = call;
  const tags = new Set([...cluster.guests.values()].flatMap((guest) => guest.tags));
  const configured = Object.entries(cluster.options.all()).map(([name, value]) => [
    name,
    onWire(name, value),
  ]);
  const all = {
    keyboard: 'en-us',
    mac_prefix: 'BC:24:11',
    description: '',
    ...Object.fromEntries(configured),
    'allowed-tags': [...tags].sort(),
  };
  if (call.may('/', 'Sys.Audit')) return all;
  return Object.fromEntries(Object.entries(all).filter(([name]) => PUBLIC.includes(name)));
}

function onWire(name: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null && !isList(value)) {
    return Object.fromEntries(Object.entries(value).map(([part, inner]) => [part, onWire(part, inner)]));
  }
  if (typeof value === 'object' || LISTS.includes(name)) return value;
  if (FLAGS.includes(name)) return Number(value);
  return typeof value === 'boolean' ? String(Number(value)) : String(value);
}

export const optionRoutes: readonly Route[] = [
  { method: 'GET', path: '/cluster/options', parameters: {}, forwarded: false, handle: options },
];
