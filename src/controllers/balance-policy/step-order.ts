import type { RuleBonds } from './rule-bonds.ts';

/**
 * In which order the migrations of one run begin, where one builds on another: it makes room, takes the guest to where the
 * next one fetches it, or takes it from the side of one that it must not be with. Pure. All times are Proxmox time.
 *
 * No run waits for ever: a migration waits only for those before it in the plan, for what is under way, and for a moment
 * after that has ended; and the first that has not begun has none before it.
 */

/** From where to where a guest goes. */
export interface Leg {
  readonly vmid: number;
  readonly source: string;
  readonly target: string;
}

export interface EndedLeg extends Leg {
  readonly succeeded: boolean;
  readonly endTime: number;
}

/** How far a run is, as one of its migrations sees it. */
export interface Course {
  /** Those before it in the plan that have not begun. */
  readonly before: readonly Leg[];
  /** Everything of ours under way in the cluster. */
  readonly underWay: readonly Leg[];
  /** Of this run, in the order they ended. */
  readonly ended: readonly EndedLeg[];
  readonly bonds: RuleBonds;
  readonly proxmoxTime: number;
}

export type Turn =
  | { readonly kind: 'Now' }
  | { readonly kind: 'Waits'; readonly why: string }
  | { readonly kind: 'Never'; readonly why: string };

/** For how long what has ended may still show wrongly in the figures of guests and nodes, with some to spare. */
const FIGURES_LAG_MS = 60_000;

/** Whether it may begin as far as the others are concerned; what of guest and target stands against it is another question. */
export function turnOf(step: Leg, { before, underWay, ended, bonds }: Course): Turn {
  const same = before.find(({ vmid }) => vmid === step.vmid);
  if (same) return waits(`it goes to ${same.target} first`);
  if (underWay.some((leg) => leadsTo(leg, step))) return waits(`it is on its way to ${step.source}`);
  const last = ended.findLast((leg) => leadsTo(leg, step));
  if (last && !last.succeeded) {
    return { kind: 'Never', why: `its migration to ${step.source} did not succeed` };
  }
  const sameTarget = before.find(({ target }) => target === step.target);
  if (sameTarget) return waits(`guest ${sameTarget.vmid} comes to ${step.target} first`);
  const bound = before.find(({ vmid }) => bonds.shareRule(vmid, step.vmid));
  if (bound) return waits(`guest ${bound.vmid} of the same rule goes first`);
  const apart = underWay.find(({ vmid }) => bonds.areKeptApart(vmid, step.vmid));
  if (apart) return waits(`guest ${apart.vmid} of the same AntiAffinity rule is being migrated`);
  const together = underWay.find(({ vmid }) => bonds.areBroughtTogether(vmid, step.vmid));
  if (together) return waits(`guest ${together.vmid} of the same Affinity rule is being migrated`);
  return { kind: 'Now' };
}

/** Whether what stands against a migration may be gone once others have ended, or the figures show that they have. */
export function mayStillBecomePossible(step: Leg, course: Course): boolean {
  const { before, underWay, ended, bonds, proxmoxTime } = course;
  const recent = ended.filter(({ endTime }) => proxmoxTime - endTime < FIGURES_LAG_MS);
  return (
    before.some((leg) => makesWayFor(leg, step, bonds)) ||
    // What arrives is counted twice for a while: in the figures of the target, and as on its way to it.
    [...underWay, ...recent].some((leg) => makesWayFor(leg, step, bonds) || leg.target === step.target)
  );
}

/** Whether it takes the guest to where the step fetches it. */
function leadsTo(leg: Leg, step: Leg): boolean {
  return leg.vmid === step.vmid && leg.target === step.source;
}

function makesWayFor(leg: Leg, step: Leg, bonds: RuleBonds): boolean {
  return leg.source === step.target || leadsTo(leg, step) || bonds.shareRule(leg.vmid, step.vmid);
}

function waits(why: string): Turn {
  return { kind: 'Waits', why };
}
