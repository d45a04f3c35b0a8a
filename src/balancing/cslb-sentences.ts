import { someOf } from '../lib/listing.ts';
import { type CslbMove, isAboveLimit, limitOf } from './cslb-moves.ts';
import type { WeightImbalance } from './imbalance.ts';
import { cpuFreeMhz, memoryFreeOfCommitment } from './node-weight.ts';
import type { Participant } from './participant.ts';
import type { SkippedGuest } from './plan.ts';

/** Why this guest goes from there to here. */
export function describeMove({ source, target }: CslbMove, imbalance: WeightImbalance): string {
  return (
    `${describeExcess(source, imbalance)}; this is its lightest guest that may move, ` +
    `and ${target.node.name} (${target.weight}) the lightest node with room`
  );
}

function describeExcess(source: Participant, imbalance: WeightImbalance): string {
  const { name } = source.node;
  if (source.overloaded) return `${name} is overloaded (${describeOverload(source)})`;
  const excess = Math.round(source.weight - limitOf(imbalance));
  return `${name} weighs ${source.weight}, ${excess < 1 ? 'just' : excess} above the limit of ${describeLimit(imbalance)}`;
}

function describeOverload({ load }: Participant): string {
  const full = [
    ...(cpuFreeMhz(load) > 0 ? [] : ['CPU']),
    ...(memoryFreeOfCommitment(load) > 0 ? [] : ['memory']),
  ];
  return `no ${full.join(' and no ') || 'capacity'} left`;
}

function describeLimit({ mean, deviation }: WeightImbalance): string {
  return `mean ${Math.round(mean)} + deviation ${Math.round(deviation)}`;
}

/** Why CSLB moves nothing although the cluster is out of tolerance. */
export function describeExhaustion(
  participants: readonly Participant[],
  sources: readonly Participant[],
  targets: readonly Participant[],
  imbalance: WeightImbalance,
  skipped: readonly SkippedGuest[],
): string {
  if (participants.length === 2) {
    return 'CSLB never moves anything between two nodes: neither can weigh more than mean + deviation';
  }
  const above = participants.filter((node) => isAboveLimit(node, imbalance, participants.length));
  if (above.length === 0) {
    const few = participants.length <= 4 ? `, and of ${participants.length} nodes at most one ever can` : '';
    return `CSLB finds no node to take guests from: none weighs more than ${describeLimit(imbalance)}${few}`;
  }
  if (sources.length === 0) {
    return `CSLB finds no node to take guests from: ${someOf(above.map((node) => describeFewGuests(node, skipped)))}, and it takes none from a node with fewer than two`;
  }
  const names = someOf(sources.map(({ node }) => node.name));
  if (targets.length === 0) {
    return `CSLB would take guests from ${names}, but no node that weighs less than the mean may receive any`;
  }
  return `CSLB would take the lightest guest from ${names}, but no lighter node has room for it`;
}

function describeFewGuests({ node, movable }: Participant, skipped: readonly SkippedGuest[]): string {
  const count = movable.length === 0 ? 'no guest' : `only ${movable.length} guest`;
  const reason = mostFrequentReason(skipped.filter((guest) => guest.node === node.name));
  return `${node.name} has ${count} that may move${reason === undefined ? '' : ` (${reason})`}`;
}

function mostFrequentReason(skipped: readonly SkippedGuest[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  let most: readonly [string, number] | undefined;
  for (const entry of counts) if (most === undefined || entry[1] > most[1]) most = entry;
  return most && `${most[1]} × ${most[0]}`;
}
