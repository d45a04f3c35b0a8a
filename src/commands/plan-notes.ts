import type { Plan, PlannedMigration } from '../balancing/plan.ts';
import { describeUnmet } from '../controllers/balance-policy/placement-sentences.ts';
import { someOf } from '../lib/listing.ts';
import type { Inventory } from '../proxmox/inventory.ts';

const SHOWN = 5;

/** What a snapshot lacks and was taken as unproblematic. */
export interface Assumed {
  readonly paths: readonly string[];
  /** Migrations of guests whose configuration or preconditions are not in it. */
  readonly unexamined: readonly PlannedMigration[];
}

/** What a reader of the plan should know of the snapshot it was made from. Sentences. */
export function notesOn(plan: Plan, inventory: Inventory, assumed: Assumed): string[] {
  const { cluster, quorate } = inventory;
  const absent = cluster.nodes.flatMap((node) =>
    node.availability === 'Online' ? [] : [`${node.name} takes no part: ${withoutPeriod(node.detail)}.`],
  );
  const unreadable = cluster.unreadable.map(
    ({ vmid, detail }) => `Guest ${vmid} is left alone: ${withoutPeriod(detail)}.`,
  );
  return [
    ...(quorate ? [] : ['The cluster has no quorum: nothing may be migrated.']),
    ...(plan.undecided === undefined ? [] : [`${plan.undecided}.`]),
    ...shortened(absent, 'more nodes take no part.'),
    ...shortened(unreadable, 'more guests are left alone for want of data.'),
    ...(assumed.paths.length === 0
      ? []
      : [`Not in the snapshot and taken as unproblematic: ${assumed.paths.join(', ')}.`]),
    ...unexaminedNote(plan, assumed.unexamined),
    ...shortened(
      plan.problems.map(({ subject, reason }) => `In placement, ${subject} ${withoutPeriod(reason)}.`),
      'more parts of the placement cannot be had as they are written.',
    ),
    ...unmetNote(plan),
    ...(plan.exhausted === undefined ? [] : [`${plan.exhausted}.`]),
  ];
}

function unmetNote(plan: Plan): string[] {
  const sentence = describeUnmet(plan);
  return sentence === undefined ? [] : [sentence];
}

function unexaminedNote(plan: Plan, unexamined: readonly PlannedMigration[]): string[] {
  if (unexamined.length === 0) return [];
  if (unexamined.length === plan.migrations.length) {
    return [
      "Each guest's own configuration and preconditions were not looked at and are taken as unproblematic.",
    ];
  }
  const guests = someOf(unexamined.map(({ vmid }) => String(vmid)));
  return [`The configuration or preconditions of ${guests} are taken as unproblematic.`];
}

function shortened(sentences: readonly string[], more: string): string[] {
  if (sentences.length <= SHOWN) return [...sentences];
  return [...sentences.slice(0, SHOWN), `${sentences.length - SHOWN} ${more}`];
}

function withoutPeriod(text: string): string {
  return text.replace(/\.$/, '');
}
