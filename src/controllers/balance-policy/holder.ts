/** A policy as the question "who may act on the cluster" sees it. */
export interface Claim {
  readonly key: string;
  readonly uid: string;
  /** RFC 3339. */
  readonly creationTimestamp: string;
  /** Migrations it has under way. */
  readonly inFlight: number;
  /** Automatic, not suspended, not being deleted. */
  readonly couldMove: boolean;
}

/**
 * The one policy that may act on a physical cluster: the oldest with migrations in flight, else the oldest that could
 * move. Undefined when none could. Ties by uid, so that everyone who asks gets the same answer.
 */
export function holderOf(claims: readonly Claim[]): Claim | undefined {
  const byAge = claims.toSorted(compareAge);
  return byAge.find((claim) => claim.inFlight > 0) ?? byAge.find((claim) => claim.couldMove);
}

function compareAge(left: Claim, right: Claim): number {
  if (left.creationTimestamp !== right.creationTimestamp) {
    return left.creationTimestamp < right.creationTimestamp ? -1 : 1;
  }
  return left.uid < right.uid ? -1 : 1;
}
