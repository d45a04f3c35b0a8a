import type { KubernetesObject } from './kubernetes-object.ts';
import { microTime } from './micro-time.ts';
import type { ResourceKind } from './resource-kind.ts';

export const LEASE_KIND: ResourceKind = {
  apiVersion: 'coordination.k8s.io/v1',
  plural: 'leases',
  kind: 'Lease',
};

export interface Lease extends KubernetesObject {
  readonly spec?: LeaseSpec;
}

/** Whoever may write Leases can leave any of it out, so nothing is taken for granted. */
export interface LeaseSpec {
  /** Absent or empty: nobody holds it. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  /** For people, and a sign of life when it changes: never compared with a clock. */
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface Claim {
  readonly identity: string;
  readonly leaseDurationMs: number;
  /** Wall clock. */
  readonly now: number;
}

/** The spec by which `identity` holds the lease from now on; what others put into it stays. */
export function heldSpec(previous: LeaseSpec | undefined, claim: Claim): LeaseSpec {
  const time = microTime(claim.now);
  const renewed = {
    ...previous,
    holderIdentity: claim.identity,
    leaseDurationSeconds: Math.ceil(claim.leaseDurationMs / 1_000),
    renewTime: time,
  };
  if (holderOf(previous) === claim.identity) return renewed;
  const transitions = previous === undefined ? 0 : (previous.leaseTransitions ?? 0) + 1;
  return { ...renewed, acquireTime: time, leaseTransitions: transitions };
}

/** The spec of a lease that its holder gave back: anyone may take it at once. */
export function releasedSpec(previous: LeaseSpec | undefined, now: number): LeaseSpec {
  const time = microTime(now);
  return {
    ...previous,
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: time,
    renewTime: time,
  };
}

/** Undefined when nobody holds it. */
export function holderOf(spec: LeaseSpec | undefined): string | undefined {
  return spec?.holderIdentity === '' ? undefined : spec?.holderIdentity;
}

/** How long after its last change the lease is its holder's, as the holder itself said. */
export function durationOf(spec: LeaseSpec | undefined, fallbackMs: number): number {
  const seconds = spec?.leaseDurationSeconds ?? 0;
  return seconds > 0 ? seconds * 1_000 : fallbackMs;
}
