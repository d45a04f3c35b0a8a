import type { Plan } from '../balancing/plan.ts';
import type { Inventory } from '../proxmox/inventory.ts';

const SHOWN = 5;

/** What a reader of the plan should know of the snapshot it was made from. Sentences. */
export function notesOn(plan: Plan, inventory: Inventory, assumed: readonly string[]): string[] {
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
    ...(assumed.length === 0
      ? []
      : [`Not in the snapshot and taken as unproblematic: ${assumed.join(', ')}.`]),
    ...(plan.migrations.length === 0
      ? []
      : [
          "Each guest's own configuration and preconditions were not looked at and are taken as unproblematic.",
        ]),
    ...(plan.exhausted === undefined ? [] : [`${plan.exhausted}.`]),
  ];
}

function shortened(sentences: readonly string[], more: string): string[] {
  if (sentences.length <= SHOWN) return [...sentences];
  return [...sentences.slice(0, SHOWN), `${sentences.length - SHOWN} ${more}`];
}

function withoutPeriod(text: string): string {
  return text.replace(/\.$/, '');
}
