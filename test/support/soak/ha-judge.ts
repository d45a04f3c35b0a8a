import type { GuestView } from '../../../src/simulator/cluster-view.ts';
import type { GuestDocument, ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import type { Moment } from './moment.ts';

interface HaFacts {
  readonly move: { readonly vmid: number; readonly source: string; readonly target: string };
  readonly moment: Moment;
  readonly document: ScenarioDocument;
  readonly guest: GuestView;
  readonly made: GuestDocument;
  /** All that move by it. */
  readonly group: readonly GuestView[];
}

interface Preference {
  readonly name: string;
  /** `pve1`, or `pve1:2` with a priority. */
  readonly nodes: readonly string[];
  readonly strict: boolean;
  readonly failback: boolean;
}

const UNLISTED = -1;

/** What Proxmox's HA holds against a move of one of its guests, in the way of RULES of move-judge.ts. */
export const blockedByHa = {
  haState: ({ guest }: HaFacts) =>
    guest.haState === undefined || guest.haState === 'started' ? undefined : `HA has it as ${guest.haState}`,
  /** Of 9.x the rules, of 8.4 the groups. */
  nodeAffinity: ({ move, moment, document, made, guest }: HaFacts) => {
    const preference = guest.haState === undefined ? undefined : preferenceOf(document, made);
    if (!preference) return undefined;
    const priorities = new Map(preference.nodes.map(parsePriority));
    const priority = (node: string) => priorities.get(node) ?? UNLISTED;
    const online = [...moment.nodes.values()]
      .filter((node) => node.online && node.haState === 'online')
      .map(({ name }) => priority(name));
    if (preference.strict && priority(move.target) === UNLISTED) {
      return `'${preference.name}' forbids ${move.target}`;
    }
    const better = preference.failback && Math.max(...online) > priority(move.target);
    return better ? `'${preference.name}' wants it on a better node than ${move.target}` : undefined;
  },
  apart: ({ move, moment, document, guest }: HaFacts) => {
    if (guest.haState === undefined) return undefined;
    const others = partnersOf(document, guest, 'negative');
    const there = others.find(
      (vmid) =>
        moment.guests.get(vmid)?.node === move.target ||
        [...moment.running, ...moment.asked].some(
          (passage) => passage.vmid === vmid && passage.target === move.target,
        ),
    );
    return there === undefined ? undefined : `${there} is there already`;
  },
  /** Whoever moves one, moves them all; CSLB leaves them alone, and a move of all is one from a single node. */
  together: ({ document, guest, group, move }: HaFacts) => {
    const partners = movedWith(document, guest);
    if (partners.every((vmid) => group.some((each) => each.vmid === vmid))) {
      return guest.node === move.source ? undefined : `${guest.vmid} is on ${guest.node}`;
    }
    return `belongs with ${partners.join(', ')}`;
  },
};

/** The guests that HA moves along with this one, directly or by others; all of them are HA's in a soak. */
export function movedWith(document: ScenarioDocument, guest: GuestView): readonly number[] {
  if (guest.haState === undefined) return [];
  const found = new Set([guest.vmid]);
  // Rules of the soak are of VMs.
  for (const vmid of found) {
    for (const partner of partnersOf(document, { type: 'qemu', vmid }, 'positive')) found.add(partner);
  }
  found.delete(guest.vmid);
  return [...found];
}

function preferenceOf({ ha, cluster }: ScenarioDocument, made: GuestDocument): Preference | undefined {
  if (cluster?.version === '8.4') {
    const group = ha?.groups?.find(({ name }) => name === made.ha?.group);
    return group && { ...group, strict: group.restricted === true, failback: group.nofailback !== true };
  }
  for (const rule of ha?.rules ?? []) {
    if (rule.type !== 'node-affinity' || rule.disabled || !rule.resources.includes(sidOf(made))) continue;
    return { ...rule, strict: rule.strict === true, failback: made.ha?.failback !== false };
  }
  return undefined;
}

function parsePriority(node: string): readonly [string, number] {
  const [name = '', priority = '0'] = node.split(':');
  return [name, Number(priority)];
}

function partnersOf(
  { ha, cluster }: ScenarioDocument,
  guest: Pick<GuestDocument, 'type' | 'vmid'>,
  affinity: 'positive' | 'negative',
): readonly number[] {
  if (cluster?.version === '8.4') return [];
  const rules = (ha?.rules ?? []).filter((rule) => rule.type === 'resource-affinity' && !rule.disabled);
  return rules
    .filter((rule) => rule.type === 'resource-affinity' && rule.affinity === affinity)
    .filter(({ resources }) => resources.includes(sidOf(guest)))
    .flatMap(({ resources }) => resources.map((sid) => Number(sid.split(':')[1])))
    .filter((vmid) => vmid !== guest.vmid);
}

function sidOf({ type, vmid }: Pick<GuestDocument, 'type' | 'vmid'>): string {
  return `${type === 'qemu' ? 'vm' : 'ct'}:${vmid}`;
}
