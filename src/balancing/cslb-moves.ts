import type { TargetBlock } from './block.ts';
import { describeTargetBlock } from './block-sentences.ts';
import type { Guest } from './cluster.ts';
import { guestCpuMhz, guestWeight } from './guest-weight.ts';
import type { WeightImbalance } from './imbalance.ts';
import { skippedGuest } from './movable-guests.ts';
import { cpuFreeMhz, cpuMhz, type WeightShares } from './node-weight.ts';
import { compareGuests, compareNames } from './order.ts';
import type { Participant } from './participant.ts';
import type { BalanceSettings, SkippedGuest } from './plan.ts';
import { whyNotATarget } from './target-block.ts';

export interface CslbMove {
  readonly guest: Guest;
  readonly source: Participant;
  readonly target: Participant;
}

/**
 * Whether guests should leave a node: its weight is above mean + deviation. Overloaded nodes are sources also where they
 * hide each other behind a high mean, but not among two nodes, between which CSLB never moves anything.
 */
export function isAboveLimit(node: Participant, imbalance: WeightImbalance, participants: number): boolean {
  return node.weight > limitOf(imbalance) || (node.overloaded && participants > 2);
}

export function limitOf(imbalance: WeightImbalance): number {
  return imbalance.mean + imbalance.deviation;
}

/** The heaviest first. CSLB takes guests only from nodes with more than one that may move. */
export function findSources(participants: readonly Participant[], imbalance: WeightImbalance): Participant[] {
  return participants
    .filter((node) => isAboveLimit(node, imbalance, participants.length) && node.movable.length > 1)
    .sort(
      (left, right) =>
        right.weight - left.weight ||
        Number(right.overloaded) - Number(left.overloaded) ||
        compareNames(left.node.name, right.node.name),
    );
}

export interface Receivers {
  /** Nodes below the mean, the lightest first. */
  readonly lighter: readonly Participant[];
  /** Those of them that take guests at present. */
  readonly targets: readonly Participant[];
}

export function findReceivers(
  participants: readonly Participant[],
  imbalance: WeightImbalance,
  settings: BalanceSettings,
): Receivers {
  const lighter = participants
    .filter(({ weight, overloaded }) => !overloaded && weight < imbalance.mean)
    .sort((left, right) => left.weight - right.weight || compareNames(left.node.name, right.node.name));
  const targets = lighter.filter(({ node }) => whyNotATarget(node, settings) === undefined);
  return { lighter, targets };
}

/**
 * One guest from each source, one to each target.
 *
 * @param mayGo Whether nothing but CSLB's own conditions stands in the way of a guest's move to a target, after the others.
 */
export function chooseMoves(
  sources: readonly Participant[],
  targets: readonly Participant[],
  shares: WeightShares,
  maxMigrations: number,
  mayGo: (guest: Guest, target: Participant, after: readonly CslbMove[]) => boolean,
): CslbMove[] {
  const moves: CslbMove[] = [];
  const remaining = [...targets];
  for (const source of sources) {
    if (moves.length >= maxMigrations || remaining.length === 0) break;
    const guest = lightestGuest(source, shares);
    if (guest === undefined) continue;
    const index = remaining.findIndex(
      (target) => hasCapacity(target, guest, source) && mayGo(guest, target, moves),
    );
    const target = remaining[index];
    if (target === undefined) continue;
    remaining.splice(index, 1);
    moves.push({ guest, source, target });
  }
  return moves;
}

/** Guests that would be moved, had any of the targets memory for them. */
export function findRoomless(
  sources: readonly Participant[],
  targets: readonly Participant[],
  shares: WeightShares,
  blockOf: (guest: Guest, target: Participant) => TargetBlock | undefined,
): readonly SkippedGuest[] {
  return sources.flatMap((source) => {
    const guest = lightestGuest(source, shares);
    if (guest === undefined) return [];
    const mayGo = (target: Participant) => blockOf(guest, target) === undefined;
    if (targets.some((target) => hasCapacity(target, guest, source) && mayGo(target))) return [];
    const full = targets.find((target) => {
      const block = blockOf(guest, target);
      return block === undefined ? !hasMemory(target, guest) : block.kind === 'NoRoom';
    });
    if (full === undefined) return [];
    const reason = describeTargetBlock({ kind: 'NoRoom' }, full.node.name);
    return skippedGuest(guest, 'NoRoom', reason);
  });
}

function lightestGuest(source: Participant, shares: WeightShares): Guest | undefined {
  const mhz = cpuMhz(source.node.figures);
  let lightest: { readonly guest: Guest; readonly weight: number } | undefined;
  for (const guest of source.movable) {
    const weight = guestWeight(guest, mhz, shares);
    const lighter = lightest && (weight - lightest.weight || compareGuests(guest, lightest.guest));
    if (lighter === undefined || lighter < 0) lightest = { guest, weight };
  }
  return lightest?.guest;
}

/** CSLB's two conditions. */
function hasCapacity(target: Participant, guest: Guest, source: Participant): boolean {
  return (
    hasMemory(target, guest) && cpuFreeMhz(target.load) > guestCpuMhz(guest, cpuMhz(source.node.figures))
  );
}

function hasMemory(target: Participant, guest: Guest): boolean {
  return target.node.figures.memoryFreeBytes > guest.memoryBytes;
}
